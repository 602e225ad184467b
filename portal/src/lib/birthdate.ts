/** The three fields of a birth date, and what is wrong with them. */

export type DatePart = 'day' | 'month' | 'year';
export type DateFields = Record<DatePart, string>;

/** Why a date cannot be used. `fields` are the inputs to mark; the first one takes the focus. */
export interface DateProblem {
  reason: 'missing' | 'short_year' | 'impossible' | 'future' | 'too_old';
  fields: DatePart[];
}

export type DateResult = { ok: true; date: string } | { ok: false; problem: DateProblem };

export const EMPTY_DATE: DateFields = { day: '', month: '', year: '' };

const OLDEST_YEAR = 1900;

/** Digits of any script as ASCII, everything else dropped: phones type in the patient's own digits. */
export function asciiDigits(text: string): string {
  let digits = '';
  for (const character of text.normalize('NFKC')) {
    if (/[0-9]/.test(character)) {
      digits += character;
    } else if (/\p{Nd}/u.test(character)) {
      digits += String(decimalValue(character));
    }
  }
  return digits;
}

/** Decimal digits of every script stand in runs of ten: count back to the zero of this run. */
function decimalValue(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  let value = 0;
  while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1;
  return value;
}

/** `YYYY-MM-DD` from the fields, or the first problem. `today` is `YYYY-MM-DD`. */
export function parseBirthDate(fields: DateFields, today: string): DateResult {
  const day = asciiDigits(fields.day);
  const month = asciiDigits(fields.month);
  const year = asciiDigits(fields.year);
  const missing: DatePart[] = [];
  if (day === '') missing.push('day');
  if (month === '') missing.push('month');
  if (year === '') missing.push('year');
  if (missing.length > 0) return problem('missing', missing);
  if (year.length !== 4) return problem('short_year', ['year']);
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (!isRealDate(Number(year), Number(month), Number(day))) return problem('impossible', ['day', 'month', 'year']);
  if (date > today) return problem('future', ['year']);
  if (Number(year) < OLDEST_YEAR) return problem('too_old', ['year']);
  return { ok: true, date };
}

function problem(reason: DateProblem['reason'], fields: DatePart[]): DateResult {
  return { ok: false, problem: { reason, fields } };
}

function isRealDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && month >= 1;
}

/** The order in which a language writes the parts of a date. */
export function partOrder(locale: string): DatePart[] {
  const parts = new Intl.DateTimeFormat(locale, { year: 'numeric', month: 'long', day: 'numeric' }).formatToParts(0);
  const order = parts.map((part) => part.type).filter(isDatePart);
  return order.length === 3 ? order : ['day', 'month', 'year'];
}

function isDatePart(type: string): type is DatePart {
  return type === 'day' || type === 'month' || type === 'year';
}

/** Month names of a language, January first. */
export function monthNames(locale: string): string[] {
  const format = new Intl.DateTimeFormat(locale, { month: 'long', timeZone: 'UTC' });
  return Array.from({ length: 12 }, (_, month) => format.format(new Date(Date.UTC(2001, month, 1))));
}
