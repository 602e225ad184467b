/** Who is signed in, for how long, and what happens when that ends. */
import { ApiError, call, failureFrom, whenExtended, whenSignedOut, type Failure } from '../api/client';
import type { Session } from '../api/types';
import { noteCodeAsked } from './browserMemory';
import { flushDrafts, forgetDrafts, keepDraftsOf } from './drafts';

/**
 * `ended`: there was a session and it is over; `left`: the person finished; `cookieless`: it was opened, and the very next
 * call did not bring it along.
 */
type State = 'unknown' | 'none' | 'live' | 'ended' | 'left' | 'cookieless';

const HINT_KEY = 'signed-in';
const WARN_BEFORE = 120_000;
const CHECK_EVERY = 10_000;

let state = $state<State>('unknown');
let value = $state.raw<Session | null>(null);
let isEnding = $state(false);
let loadFailure = $state<Failure | null>(null);
let idleSpan = 0;
let idleDeadline = Infinity;
/** False until a call after the sign-in was answered: only then the browser surely kept the cookie. */
let isKept = true;

export function sessionState(): State {
  return state;
}

export function session(): Session | null {
  return value;
}

/** True in the last two minutes of an unattended session. */
export function isSessionEnding(): boolean {
  return isEnding;
}

/** Takes a session just opened or read. */
export function setSession(next: Session): void {
  const now = Date.now();
  value = next;
  state = 'live';
  isEnding = false;
  idleSpan = Math.max(0, Date.parse(next.idle_expires_at) - now);
  idleDeadline = Math.min(now + idleSpan, Date.parse(next.expires_at));
  hint(true);
  keepDraftsOf(next.account.id);
}

/** Takes a session that this call opened. */
export function openSession(next: Session): void {
  setSession(next);
  isKept = false;
}

/** Why asking for the session brought no answer, or null. */
export function sessionFailure(): Failure | null {
  return loadFailure;
}

/** Asks the server whether there is a session. Never throws: no answer leaves the state as it is. */
export async function loadSession(options: { active?: boolean; direct?: boolean } = {}): Promise<State> {
  loadFailure = null;
  try {
    setSession((await call('get', '/v1/session', { active: options.active ?? false, direct: options.direct })).data);
  } catch (error) {
    if (error instanceof ApiError && error.failure === 'signed_out') {
      if (state === 'unknown') state = 'none';
    } else {
      loadFailure = failureFrom(error);
    }
  }
  return state;
}

/** True when this browser had a session not long ago, so that asking is worth a call. */
export function mayHaveSession(): boolean {
  if (state === 'live') return true;
  try {
    return localStorage.getItem(HINT_KEY) !== null;
  } catch {
    return false;
  }
}

/** Milliseconds since the deadline was last moved, 0 without a session. */
export function sinceExtended(): number {
  return state === 'live' ? Math.max(0, Date.now() - (idleDeadline - idleSpan)) : 0;
}

/** The server moved the deadline, so does this page. */
function extended(): void {
  isKept = true;
  if (value === null) return;
  idleDeadline = Math.min(Date.now() + idleSpan, Date.parse(value.expires_at));
  isEnding = false;
}

/** Ends the session here and on the server. */
export async function signOut(): Promise<void> {
  await flushDrafts();
  try {
    await call('delete', '/v1/session', {});
  } catch (error) {
    // Over already is as good; anything else the person must know, because the session lives on.
    if (!(error instanceof ApiError) || error.failure !== 'signed_out') throw error;
  }
  sessionLeft();
}

/** The server has ended the session already, as part of something else. */
export function sessionLeft(): void {
  clear('left');
  forgetDrafts();
}

/** The server has seen that this browser keeps no cookies, before anything was opened. */
export function keepsNoCookies(): void {
  clear('cookieless');
}

/** From the page that says it is over, back to the start. */
export function restartSession(): void {
  clear('none');
}

function clear(next: State): void {
  value = null;
  state = next;
  isEnding = false;
  idleDeadline = Infinity;
  hint(false);
  noteCodeAsked(null);
}

function hint(isOn: boolean): void {
  try {
    if (isOn) localStorage.setItem(HINT_KEY, '1');
    else localStorage.removeItem(HINT_KEY);
  } catch {
    // Storage may be off: the start page then always shows the way in.
  }
}

/**
 * Watches for the end: told by the server, or by the clock of an unattended page. With `onIdle`, such a page is covered
 * and not ended.
 */
export function startSession(onIdle?: () => void): void {
  whenSignedOut(() => {
    if (state === 'live') clear(isKept ? 'ended' : 'cookieless');
    else hint(false);
  });
  whenExtended(extended);
  // Phones freeze or drop a page that is out of sight, without a word.
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && void flushDrafts());
  setInterval(() => {
    if (state !== 'live') return;
    const left = idleDeadline - Date.now();
    isEnding = left < WARN_BEFORE;
    if (onIdle !== undefined && left <= 0) return onIdle();
    // What was on the screen goes when the time is over, asked or not.
    if (left <= 0) void loadSession().then(() => state === 'live' && idleDeadline <= Date.now() && clear('ended'));
  }, CHECK_EVERY);
}
