/** Asks for a sign-in message, and remembers in this browser that it did. */
import { ApiError, call } from '../api/client';
import { language } from '../i18n/i18n.svelte';
import { loadPractice, practice } from '../lib/practice.svelte';

const HINT_KEY = 'asked-at';
/** Links live 10 minutes from when the message leaves; mail may take as long again. */
const HINT_LIFE = 20 * 60_000;

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

function noteAsked(): void {
  try {
    localStorage.setItem(HINT_KEY, String(Date.now()));
  } catch {
    // Storage may be off: then no link is called foreign here.
  }
}

/**
 * False when the link was surely asked for in another browser, where alone it works. No secret: a time only,
 * so that nobody types a birth date for nothing.
 */
export function mayHaveAsked(): boolean {
  try {
    const asked = Number(localStorage.getItem(HINT_KEY));
    localStorage.setItem(HINT_KEY, String(asked));
    return Date.now() - asked < HINT_LIFE;
  } catch {
    return true;
  }
}
