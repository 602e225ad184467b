/**
 * Unsent text. It lies in memory, so that it outlives a page and an expired session, and sealed on the server, so that
 * it outlives the window; never in the browser's storage.
 *
 * A place is the id of a conversation, `new` for a patient's new one, or `new-<patient>` for one that staff begin.
 */
import { ApiError, call } from '../api/client';

/** Saved this long after the last key, and at least this often while somebody types on. */
const AFTER_MILLISECONDS = 1_500;
const AT_LEAST_MILLISECONDS = 10_000;

let owner = '';
/** A server without drafts is asked once. */
let isKeptThere = true;
const drafts = new Map<string, string>();
/** What the server holds of each place, as far as this page knows. */
const saved = new Map<string, string>();
const timers = new Map<string, { timer: ReturnType<typeof setTimeout>; began: number }>();
/** The last request of each place: the next one waits for it. */
const requests = new Map<string, Promise<void>>();

/** Keeps drafts for one account; another account finds none. */
export function keepDraftsOf(account: string): void {
  if (owner !== account) forgetDrafts();
  owner = account;
}

export function draft(place: string): string {
  return drafts.get(place) ?? '';
}

export function setDraft(place: string, text: string): void {
  if (text === draft(place)) return;
  if (text === '') drafts.delete(place);
  else drafts.set(place, text);
  schedule(place);
}

/** The text was sent, or thrown away: nothing of it stays. */
export function dropDraft(place: string): void {
  drafts.delete(place);
  cancel(place);
  request(place, () => remove(place));
}

/** What the server kept of a place, or an empty string. Text typed meanwhile counts more. */
export async function loadDraft(place: string): Promise<string> {
  if (draft(place) !== '' || !isKeptThere) return draft(place);
  try {
    const text = await fetchDraft(place);
    if (text !== '') {
      saved.set(place, text);
      if (draft(place) === '') drafts.set(place, text);
    }
  } catch (error) {
    note(error);
  }
  return draft(place);
}

/** Forgets what is in memory. What lies on the server stays there for its owner. */
export function forgetDrafts(): void {
  for (const place of [...timers.keys()]) cancel(place);
  drafts.clear();
  saved.clear();
}

export function hasDrafts(): boolean {
  return drafts.size > 0;
}

/** True when the server has every word that was not sent. */
export function areDraftsSaved(): boolean {
  return [...drafts].every(([place, text]) => saved.get(place) === text);
}

/** Saves at once what waits to be saved: the page may not come back. Resolves when all is answered. */
export async function flushDrafts(): Promise<void> {
  for (const place of [...timers.keys()]) {
    cancel(place);
    request(place, () => save(place, true));
  }
  await Promise.all(requests.values());
}

function schedule(place: string): void {
  if (!isKeptThere) return;
  const began = timers.get(place)?.began ?? Date.now();
  cancel(place);
  const delay = Math.max(0, Math.min(AFTER_MILLISECONDS, began + AT_LEAST_MILLISECONDS - Date.now()));
  const timer = setTimeout(() => {
    timers.delete(place);
    request(place, () => save(place, false));
  }, delay);
  timers.set(place, { timer, began });
}

function cancel(place: string): void {
  const waiting = timers.get(place);
  if (waiting !== undefined) clearTimeout(waiting.timer);
  timers.delete(place);
}

/** One request of a place after the other, so that what was typed last is what stays. */
function request(place: string, run: () => Promise<void>): void {
  const before = requests.get(place) ?? Promise.resolve();
  const mine = before.then(run).catch(note);
  requests.set(place, mine);
}

function note(error: unknown): void {
  // Anything else passes: the next key tries again, and the text is in memory.
  if (error instanceof ApiError && (error.status === 404 || error.status === 405)) isKeptThere = false;
}

async function save(place: string, keepalive: boolean): Promise<void> {
  const text = draft(place);
  if (!isKeptThere || saved.get(place) === text) return;
  // The server keeps no text without a visible character.
  if (text.trim() === '') return remove(place);
  const mine = owner;
  if (place.startsWith('cnv_')) {
    await call('put', '/v1/conversations/{id}/draft', { path: { id: place }, body: { text }, keepalive });
  } else {
    const patient = place.slice('new-'.length);
    const body = patient === '' ? { text } : { text, patient_id: patient };
    await call('put', '/v1/drafts/new', { body, keepalive });
  }
  if (mine === owner) saved.set(place, text);
}

async function remove(place: string): Promise<void> {
  if (!isKeptThere || !saved.has(place)) return;
  if (place.startsWith('cnv_')) await call('delete', '/v1/conversations/{id}/draft', { path: { id: place } });
  else await call('delete', '/v1/drafts/new', {});
  saved.delete(place);
}

async function fetchDraft(place: string): Promise<string> {
  if (place.startsWith('cnv_')) {
    return (await call('get', '/v1/conversations/{id}/draft', { path: { id: place } })).data.text ?? '';
  }
  const kept = (await call('get', '/v1/drafts/new', {})).data;
  // One new message is kept, whoever it is for: it is not shown as if it were for somebody else.
  const patient = place.slice('new-'.length);
  return patient === '' || kept.patient_id === patient ? (kept.text ?? '') : '';
}
