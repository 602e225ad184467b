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

/** Loads it. Pages work without: then they say "your practice" and show no number. */
export async function loadPractice(): Promise<void> {
  try {
    known = (await call('get', '/v1/practices/{slug}', { path: { slug: 'default' } })).data;
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
