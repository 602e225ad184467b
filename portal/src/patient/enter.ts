/** From an opened session to the right page. */
import type { NextStep, Session } from '../api/types';
import { isLanguageChosen, setLanguage } from '../i18n/i18n.svelte';
import { supported } from '../i18n/languages';
import { go } from '../lib/router.svelte';
import { openSession } from '../lib/session.svelte';
import { noteDevice } from './remember';

let comeBackTo: string | null = null;

/** Remembers where the person was, for after signing in again in this window. */
export function comeBack(path: string): void {
  comeBackTo = path;
}

/** The first page of a session: what its link opens, else where the person was, else the list. */
function startPage(session: Session): string {
  const opens = session.opens?.conversation_id;
  if (opens !== undefined) return `/conversations/${opens}`;
  return comeBackTo ?? '/conversations';
}

/** Takes the session and leaves the sign-in page for good: going back must not lead to it. */
export async function enter(session: Session): Promise<void> {
  if (session.account.kind === 'staff') {
    location.replace('/staff/');
    return;
  }
  openSession(session);
  noteDevice(session);
  await adoptLanguage(session);
  const to = startPage(session);
  comeBackTo = null;
  go(to, { replace: true });
}

/** Staff go on in the console, which finds in the history how far they are. */
export function toConsole({ next, methods }: NextStep): void {
  history.replaceState({ step: next, methods }, '', '/staff/');
  location.reload();
}

/** The account's language counts until the person chose one here. Never throws: whoever is in reads on in the page's. */
export async function adoptLanguage(session: Session): Promise<void> {
  const own = supported(session.account.language);
  if (own !== null && !isLanguageChosen()) await setLanguage(own).catch(() => undefined);
}
