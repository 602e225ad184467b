/**
 * The lock: it covers the page, which stays as it is beneath, until the person who sits here has proven to be the same.
 * The server locks a session that nobody touched; this page covers itself by its own clock too.
 */
import { call, whenAsked } from '../api/client';
import type { Session } from '../api/types';
import { flushDrafts } from '../lib/drafts';
import { holdPolling } from '../lib/polling';
import { loadSession, sessionFailure, sessionState, setSession, sinceExtended } from '../lib/session.svelte';

const MINUTE = 60_000;
/** So long the lock waits for unsent text on its way. */
const SAVING_MILLISECONDS = 2_000;
const INPUT_EVENTS = ['pointerdown', 'keydown'] as const;

let locked = $state(false);
let waiting: ((isOpen: boolean) => void)[] = [];

export function isLocked(): boolean {
  return locked;
}

/** Covers the page. Resolves true when it was unlocked, false when another page takes over. */
export function cover(): Promise<boolean> {
  locked = true;
  holdPolling(true);
  return new Promise((resolve) => waiting.push(resolve));
}

function uncover(isOpen: boolean): void {
  const resolved = waiting;
  waiting = [];
  locked = false;
  holdPolling(false);
  for (const resolve of resolved) resolve(isOpen);
}

/** The person has proven who they are: the page comes back, and what waited goes on. */
export function unlocked(session: Session): void {
  setSession(session);
  uncover(true);
}

/** The session is over: the sign-in page takes the place of the lock. */
export function giveUp(): void {
  uncover(false);
}

/** Locks at once: when somebody leaves the desk. */
export async function lockNow(): Promise<void> {
  if (locked || sessionState() !== 'live') return;
  // Unsent text goes first: a locked session could not save it.
  const saved = flushDrafts();
  void cover();
  await Promise.race([saved, new Promise((resolve) => setTimeout(resolve, SAVING_MILLISECONDS))]);
  // The page is covered whatever the server says: unlocking asks for a proof in any case.
  await call('post', '/v1/session/lock', { direct: true }).catch(() => undefined);
}

/** Covers a page whose time is over, then asks: work in another window may have kept the session alive. */
export function lockIdle(): void {
  if (locked) return;
  void cover();
  void look();
}

/** Uncovers the page if the server says that the session is open. */
async function look(): Promise<void> {
  const state = await loadSession({ direct: true });
  if (locked && state === 'live' && sessionFailure() === null) uncover(true);
}

/** Starts locking by what the server answers, and keeps the session alive while somebody types. */
export function startLock(): void {
  whenAsked('session-locked', cover);
  for (const name of INPUT_EVENTS) {
    document.addEventListener(
      name,
      () => {
        if (!locked && sinceExtended() > MINUTE) void loadSession({ active: true });
      },
      { capture: true, passive: true },
    );
  }
  document.addEventListener('visibilitychange', () => {
    if (locked && document.visibilityState === 'visible') void look();
  });
}
