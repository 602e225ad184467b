/** Asks for a sign-in message, and remembers in this browser that it did. */
import { ApiError, call } from '../api/client';
import { language } from '../i18n/i18n.svelte';
import { LONG_AGO, standingOf, type LinkStanding } from '../lib/asked';
import { loadPractice, practice } from '../lib/practice.svelte';

const HINT_KEY = 'asked-at';

/** The short name of the practice, which every way in has to name. */
export async function practiceSlug(): Promise<string> {
  if (practice() === null) await loadPractice();
  const slug = practice()?.slug;
  if (slug === undefined) throw new ApiError('offline', 0, '');
  return slug;
}

/** Sends link and code to an address. The answer is the same for every address. */
export async function askForCode(audience: 'patient' | 'staff', address: string): Promise<void> {
  const body = { practice: await practiceSlug(), for: audience, address, language: language() };
  await call('post', '/v1/login-links', { body });
  noteAsked();
}

/** Sends link and code once more to the address of this sign-in, which the server knows. Earlier codes go on working. */
export async function askForCodeAgain(): Promise<void> {
  await call('post', '/v1/login-links/again', { body: {} });
  noteAsked();
}

function noteAsked(at = Date.now()): void {
  try {
    localStorage.setItem(HINT_KEY, String(at));
  } catch {
    // Storage may be off: then no link is called foreign or old here.
  }
}

/** Link and code of the last message have opened a session, and open none any more. */
export function noteUsed(): void {
  noteAsked(LONG_AGO);
}

/** How an asked-for link stands here. No secret: a time only, so that nobody types a birth date for nothing. */
export function linkStanding(): LinkStanding {
  try {
    const asked = Number(localStorage.getItem(HINT_KEY));
    localStorage.setItem(HINT_KEY, String(asked));
    return standingOf(asked, Date.now());
  } catch {
    return 'alive';
  }
}
