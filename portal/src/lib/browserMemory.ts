/**
 * What this browser remembers by itself: no secret and nothing of a patient, only which question comes first. It may be
 * gone at any time (storage off, cleared, or dropped by the browser after a week), and everything still works.
 */

/** `remembered`: no birth date here; `passkey`: one was used here; `remember-offer`: what was answered to the offer. */
type Name = 'remembered' | 'passkey' | 'remember-offer';

export function recall(name: Name): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

export function keep(name: Name, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(name);
    else localStorage.setItem(name, value);
  } catch {
    // Then the page asks in the usual order.
  }
}

const CODE_KEY = 'step-up-asked-at';

/** When this window asked for the code of a step-up, in milliseconds; 0 if it did not. */
export function codeAskedAt(): number {
  try {
    return Number(sessionStorage.getItem(CODE_KEY));
  } catch {
    return 0;
  }
}

export function noteCodeAsked(at: number | null): void {
  try {
    if (at === null) sessionStorage.removeItem(CODE_KEY);
    else sessionStorage.setItem(CODE_KEY, String(at));
  } catch {
    // Then a page that is loaded again asks for another code.
  }
}
