/** What anybody may know of the practice: name, phone, hours. */
import { call } from '../api/client';
import type { Practice } from '../api/types';

let known = $state.raw<Practice | null>(null);
let isLocalRun = $state(false);

/** The practice of this address, or null before it is known and where none is. */
export function practice(): Practice | null {
  return known;
}

/** The zone in which times are shown. */
export function timeZone(): string {
  return known?.time_zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

const KEY = 'practice';

/**
 * Which one, where several share this address: as the page or the link says, or as it was said last in this tab. It is a word
 * without meaning.
 */
function wanted(): string {
  const said = /^\/p\/([a-z0-9]+)\/?$/.exec(location.pathname)?.[1] ?? new URLSearchParams(location.search).get('p');
  try {
    if (said !== null) sessionStorage.setItem(KEY, said);
    return said ?? sessionStorage.getItem(KEY) ?? '';
  } catch {
    return said ?? '';
  }
}

/** Loads it. Pages work without: then they say "your practice" and show no number. */
export async function loadPractice(): Promise<void> {
  const said = wanted();
  await load(said === '' ? 'default' : `prc_${said}`);
}

/** Shows the practice of a session, which may be another than that of the address. */
export async function showPractice(slug: string): Promise<void> {
  if (known?.slug === slug) return;
  await load(slug);
  try {
    const own = known?.page.split('/')[2];
    if (own !== undefined) sessionStorage.setItem(KEY, own);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage the next load of the page asks the session again.
  }
}

async function load(slug: string): Promise<void> {
  try {
    known = (await call('get', '/v1/practices/{slug}', { path: { slug } })).data;
  } catch {
    known = null;
  }
}

export function localRun(): boolean {
  return isLocalRun;
}

export function markLocalRun(): void {
  isLocalRun = true;
}
