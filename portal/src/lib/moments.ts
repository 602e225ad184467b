/** Dates and times as people read them, in the practice's zone. */

/** `YYYY-MM-DD` of a moment in a zone. */
export function dayOf(moment: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(moment);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** Whole days from one `YYYY-MM-DD` to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000);
}

/** `10:42 AM`. */
export function timeText(moment: Date, locale: string, timeZone: string): string {
  return new Intl.DateTimeFormat(locale, { timeZone, hour: 'numeric', minute: '2-digit' }).format(moment);
}

/** `Friday, March 14`, with the year where it is another one. */
export function dayText(moment: Date, now: Date, locale: string, timeZone: string): string {
  const isThisYear = dayOf(moment, timeZone).slice(0, 4) === dayOf(now, timeZone).slice(0, 4);
  return new Intl.DateTimeFormat(locale, {
    timeZone,
    weekday: 'long',
    month: 'long',
    day: 'numeric',
    year: isThisYear ? undefined : 'numeric',
  }).format(moment);
}

/** `Mar 14`, for lists. */
export function shortDayText(moment: Date, now: Date, locale: string, timeZone: string): string {
  const isThisYear = dayOf(moment, timeZone).slice(0, 4) === dayOf(now, timeZone).slice(0, 4);
  return new Intl.DateTimeFormat(locale, {
    timeZone,
    month: 'short',
    day: 'numeric',
    year: isThisYear ? undefined : 'numeric',
  }).format(moment);
}

/** `Mar 14, 10:42 AM`, for lists where both count. */
export function dateTimeText(moment: Date, now: Date, locale: string, timeZone: string): string {
  const isThisYear = dayOf(moment, timeZone).slice(0, 4) === dayOf(now, timeZone).slice(0, 4);
  return new Intl.DateTimeFormat(locale, {
    timeZone,
    month: 'short',
    day: 'numeric',
    year: isThisYear ? undefined : 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  }).format(moment);
}

/** A birth date in words: `March 14, 1985`. Words, because 3/4 and 4/3 are two days. */
export function birthDateText(date: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { timeZone: 'UTC', year: 'numeric', month: 'long', day: 'numeric' }).format(
    new Date(`${date}T00:00:00Z`),
  );
}

/** Age in whole years on the day `today`, both `YYYY-MM-DD`. */
export function ageOn(birthDate: string, today: string): number {
  const years = Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4));
  return today.slice(5) < birthDate.slice(5) ? years - 1 : years;
}

/** The day on which somebody reaches an age, both `YYYY-MM-DD`; born on 29 February, it is 1 March of common years. */
export function birthdayOf(birthDate: string, age: number): string {
  const year = Number(birthDate.slice(0, 4)) + age;
  const isLeap = new Date(Date.UTC(year, 1, 29)).getUTCMonth() === 1;
  const day = birthDate.slice(5) === '02-29' && !isLeap ? '03-01' : birthDate.slice(5);
  return `${String(year).padStart(4, '0')}-${day}`;
}

/** Which word a list or separator uses for a day. */
export function nearness(moment: Date, now: Date, timeZone: string): 'today' | 'yesterday' | 'other' {
  const days = daysBetween(dayOf(moment, timeZone), dayOf(now, timeZone));
  if (days === 0) return 'today';
  return days === 1 ? 'yesterday' : 'other';
}
