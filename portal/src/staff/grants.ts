/** From when and until when somebody may act for a patient, in words and in moments. */
import type { Grant } from '../api/types';
import { locale, t } from '../i18n/i18n.svelte';
import { ageOn, birthdayOf, birthDateText, dayOf } from '../lib/moments';
import { timeZone } from '../lib/practice.svelte';

/** No law lets parents act for longer. */
const ADULT_AGE = 18;

/** The moment at which a day begins in a zone, as the API takes it. */
export function dayStart(day: string, zone: string): string {
  // Zones are at most 14 hours away from UTC, in quarters of an hour: the first quarter of the day is its beginning.
  const guess = Date.parse(`${day}T00:00:00Z`);
  for (let quarter = -56; quarter <= 56; quarter += 1) {
    const moment = new Date(guess + quarter * 900_000);
    if (dayOf(moment, zone) === day) return moment.toISOString();
  }
  return new Date(guess).toISOString();
}

/** The day after, `YYYY-MM-DD`. */
export function nextDay(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

export const startOfDay = (day: string): string => dayStart(day, timeZone());
/** The end of a day is the beginning of the next: what ends "on" a day still holds on it. */
export const endOfDay = (day: string): string => dayStart(nextDay(day), timeZone());

/** The birthday on which somebody younger comes of an age, else null. */
export function comesOfAge(birthDate: string, age: number, today: string = dayOf(new Date(), timeZone())): string | null {
  const day = birthdayOf(birthDate, age);
  return day > today ? day : null;
}

/** `From July 1, 2027`, where it has not begun. */
export function fromText(grant: Pick<Grant, 'from'>, now: Date = new Date()): string | null {
  if (grant.from == null || Date.parse(grant.from) <= now.getTime()) return null;
  return t('grant-from-day', { date: birthDateText(dayOf(new Date(grant.from), timeZone()), locale()) });
}

/** As long before the end as the server notes it. */
const SOON_MILLISECONDS = 30 * 86_400_000;

/** Whether the access of a parent or guardian ends within a month: somebody has to talk to the family. */
export function endsSoon(grant: Pick<Grant, 'until' | 'relation'>, now: Date = new Date()): boolean {
  if (grant.until == null || (grant.relation !== 'parent' && grant.relation !== 'guardian')) return false;
  return Date.parse(grant.until) - now.getTime() <= SOON_MILLISECONDS;
}

/** `Ends on the 18th birthday, …` or `Until …`. */
export function untilText(grant: Pick<Grant, 'until'>, birthDate: string): string | null {
  if (grant.until == null) return null;
  const end = new Date(grant.until);
  const day = dayOf(end, timeZone());
  // A child comes of age when the practice's state says, at 18 at the latest.
  const age = ageOn(birthDate, day);
  if (age <= ADULT_AGE && day === birthdayOf(birthDate, age)) {
    return t('grant-until-adult', { age, date: birthDateText(day, locale()) });
  }
  // The last day on which it holds.
  const last = dayOf(new Date(end.getTime() - 1), timeZone());
  return t('grant-until-day', { date: birthDateText(last, locale()) });
}
