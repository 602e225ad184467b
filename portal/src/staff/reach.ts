/** What the page "Reach" says, in words. A date somebody tried is never shown: only how it differs. */
import type { ContactReach, NoticeReach, Reach } from '../api/types';
import { t } from '../i18n/i18n.svelte';
import { phoneText } from '../lib/address';

const MISTAKE_KEYS: Record<string, string> = {
  day_month_swapped: 'try-day_month_swapped',
  one_digit_off: 'try-one_digit_off',
  different: 'try-different',
  other_browser: 'try-other_browser',
  shared_contact: 'try-shared_contact',
};

const STATE_KEYS: Record<string, string> = {
  sent: 'notice-sent',
  delivered: 'notice-delivered',
  failed: 'notice-failed',
  bounced: 'notice-bounced',
  deferred: 'notice-deferred',
  collapsed: 'notice-collapsed',
  suppressed: 'notice-suppressed',
};

const CONTACT_KEYS: Record<string, string> = {
  verified: 'contact-verified',
  unverified: 'contact-unverified',
  failing: 'contact-failing',
};

const DOUBT_KEYS: Record<string, string> = {
  wrong_dates: 'doubt-wrong_dates',
  unused: 'doubt-unused',
};

const FAILING_KEYS: Record<string, string> = {
  no_recipient: 'failing-no_recipient',
  complained: 'failing-complained',
  blocked: 'failing-blocked',
  came_back: 'failing-came_back',
  refused: 'failing-refused',
};

const NEXT_KEYS: Record<string, string> = {
  use_other_contact: 'next-use_other_contact',
  call: 'next-call',
  phone_only: 'next-phone_only',
};

const REASON_KEYS: Record<string, string> = {
  id_seen: 'change-id_seen',
  called_back: 'change-called_back',
  other: 'change-other',
};

/** A word that the server learned after this page was built shows itself. */
const said = (keys: Record<string, string>, word: string): string => (word in keys ? t(keys[word] ?? '') : word);

/** How a date that was tried differs. */
export const mistakeText = (kind: string): string => said(MISTAKE_KEYS, kind);
/** What became of a notice. */
export const noticeText = (state: string): string => said(STATE_KEYS, state);
/** Whether a contact works. */
export const contactText = (state: string): string => said(CONTACT_KEYS, state);
/** Why no notices go to a contact. */
export const doubtText = (doubt: string): string => said(DOUBT_KEYS, doubt);
/** Why messages do not get through to a contact, and what to do about it. */
export const failingText = (failing: NonNullable<ContactReach['failing']>): string =>
  `${said(FAILING_KEYS, failing.why)} ${said(NEXT_KEYS, failing.next)}`;
/** How staff knew that a change was wanted. */
export const reasonText = (reason: string): string => said(REASON_KEYS, reason);

/** True for notices that did not get to the person and will not by themselves. */
export function isLost(notice: Pick<NoticeReach, 'state'>): boolean {
  return notice.state === 'failed' || notice.state === 'bounced' || notice.state === 'suppressed';
}

/** An address as people read it. */
export function contactValue(contact: Pick<ContactReach, 'kind' | 'value'>): string {
  return contact.kind === 'phone' ? phoneText(contact.value) : contact.value;
}

/** Wrong dates of one notice, each kind once, with how often it was. */
export function counted(tries: readonly string[]): { kind: string; count: number }[] {
  const counts = new Map<string, number>();
  for (const kind of tries) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count }));
}

/** A line of the list of wrong dates: one of them, or that staff cleared the count. */
export interface TryLine {
  at: string;
  /** Null where the count was cleared. */
  wrong: Reach['tries'][number] | null;
  /** Whether it counts: nobody has cleared it since. */
  counts: boolean;
}

/** Wrong dates and clearings in one list, newest first. A clearing after which nothing came stands at the top. */
export function tryLines(reach: Pick<Reach, 'tries' | 'tries_cleared'>): TryLine[] {
  const last = reach.tries_cleared[0] ?? '';
  const wrong = reach.tries.map((one) => ({ at: one.at, wrong: one, counts: one.at > last }));
  const oldest = wrong[wrong.length - 1]?.at ?? '';
  const cleared = reach.tries_cleared.filter((at) => at >= oldest).map((at) => ({ at, wrong: null, counts: false }));
  return [...wrong, ...cleared].sort((one, other) => (one.at < other.at ? 1 : one.at > other.at ? -1 : 0));
}

/** An account that acts for the patient. */
export interface Actor {
  id: string;
  name: string;
  relation: string;
}

/** The accounts that act for the patient and have contacts, each once; the patient's own first. */
export function actorsOf(contacts: readonly Pick<ContactReach, 'accounts'>[]): Actor[] {
  const actors = new Map<string, Actor>();
  for (const { id, name, relation } of contacts.flatMap((contact) => contact.accounts)) {
    if (relation !== null) actors.set(id, { id, name, relation });
  }
  return [...actors.values()].sort((one, other) => Number(other.relation === 'self') - Number(one.relation === 'self'));
}

/** Devices that are there now and were not before. */
export function arrived<Device extends { id: string }>(before: readonly Device[], now: readonly Device[]): Device[] {
  return now.filter((device) => !before.some((known) => known.id === device.id));
}

/** `9:05` of seconds. */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.ceil(seconds));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')}`;
}

/** Facts on one line, those that there are. */
export function joined(...facts: (string | false | undefined)[]): string {
  return facts.filter(Boolean).join(' · ');
}
