/** What the page "Reach" says, in words. A date somebody tried is never shown: only how it differs. */
import type { ContactReach, DateMistake, NoticeReach } from '../api/pending';
import { t } from '../i18n/i18n.svelte';
import { phoneText } from '../lib/address';

const MISTAKE_KEYS: Record<DateMistake, string> = {
  day_month_swapped: 'try-day_month_swapped',
  one_digit_off: 'try-one_digit_off',
  different: 'try-different',
};

const STATE_KEYS: Record<NoticeReach['state'], string> = {
  sent: 'notice-sent',
  failed: 'notice-failed',
  bounced: 'notice-bounced',
  deferred: 'notice-deferred',
  collapsed: 'notice-collapsed',
  suppressed: 'notice-suppressed',
};

const CONTACT_KEYS: Record<ContactReach['state'], string> = {
  verified: 'contact-verified',
  unverified: 'contact-unverified',
  failing: 'contact-failing',
};

export const mistakeText = (kind: DateMistake): string => t(MISTAKE_KEYS[kind] ?? MISTAKE_KEYS.different);
export const noticeText = (state: NoticeReach['state']): string => t(STATE_KEYS[state] ?? STATE_KEYS.failed);
export const contactText = (state: ContactReach['state']): string => t(CONTACT_KEYS[state] ?? CONTACT_KEYS.unverified);

/** True for notices that did not get to the person and will not by themselves. */
export function isLost(notice: NoticeReach): boolean {
  return notice.state === 'failed' || notice.state === 'bounced' || notice.state === 'suppressed';
}

/** An address as people read it. */
export function contactValue(contact: Pick<ContactReach, 'kind' | 'value'>): string {
  return contact.kind === 'phone' ? phoneText(contact.value) : contact.value;
}

/** Wrong dates of one notice, each kind once, with how often it was. */
export function counted(tries: readonly DateMistake[]): { kind: DateMistake; count: number }[] {
  const counts = new Map<DateMistake, number>();
  for (const kind of tries) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return [...counts].map(([kind, count]) => ({ kind, count }));
}

/** The accounts that contacts lead to, each once; the patient's own first. */
export function accountsOf(contacts: readonly ContactReach[]): ContactReach['accounts'] {
  const all = contacts.flatMap((contact) => contact.accounts);
  const once = all.filter((one, index) => all.findIndex((other) => other.id === one.id) === index);
  return once.sort((one, other) => Number(other.relation === 'self') - Number(one.relation === 'self'));
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
