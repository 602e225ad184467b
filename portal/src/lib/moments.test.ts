import { expect, test } from 'vitest';
import { ageOn, birthdayOf, birthDateText, dateTimeText, dayOf, dayText, nearness, timeText } from './moments';

const ZONE = 'America/New_York';
const plainSpaces = (text: string) => text.replace(/\s/g, ' ');

test('a day is a day of the practice, not of the phone', () => {
  const late = new Date('2026-03-02T03:30:00Z');
  expect(dayOf(late, ZONE)).toBe('2026-03-01');
  expect(nearness(late, new Date('2026-03-02T12:00:00Z'), ZONE)).toBe('yesterday');
  expect(nearness(late, new Date('2026-03-02T04:59:00Z'), ZONE)).toBe('today');
  expect(nearness(late, new Date('2026-03-09T12:00:00Z'), ZONE)).toBe('other');
});

test('words follow the language', () => {
  const moment = new Date('2026-03-02T15:42:00Z');
  const now = new Date('2026-06-01T12:00:00Z');
  expect(plainSpaces(timeText(moment, 'en-US', ZONE))).toBe('10:42 AM');
  expect(dayText(moment, now, 'en-US', ZONE)).toBe('Monday, March 2');
  expect(dayText(moment, now, 'es-US', ZONE)).toBe('lunes, 2 de marzo');
  expect(dayText(moment, new Date('2027-06-01T12:00:00Z'), 'en-US', ZONE)).toBe('Monday, March 2, 2026');
  expect(birthDateText('1985-03-14', 'en-US')).toBe('March 14, 1985');
  expect(birthDateText('1985-03-14', 'es-US')).toBe('14 de marzo de 1985');
});

test('day and time together', () => {
  const moment = new Date('2026-03-02T15:42:00Z');
  const text = (now: string, tag: string) => plainSpaces(dateTimeText(moment, new Date(now), tag, ZONE));
  expect(text('2026-06-01T12:00:00Z', 'en-US')).toBe('Mar 2, 10:42 AM');
  expect(text('2027-06-01T12:00:00Z', 'en-US')).toBe('Mar 2, 2026, 10:42 AM');
  expect(text('2026-06-01T12:00:00Z', 'es-US')).toMatch(/^2 mar, 10:42/);
});

test('birthdays, of people born on 29 February too', () => {
  expect(birthdayOf('2012-09-17', 18)).toBe('2030-09-17');
  expect(birthdayOf('2012-02-29', 18)).toBe('2030-03-01');
  expect(birthdayOf('2012-02-29', 20)).toBe('2032-02-29');
});

test('age', () => {
  expect(ageOn('1985-03-14', '2026-03-13')).toBe(40);
  expect(ageOn('1985-03-14', '2026-03-14')).toBe(41);
});
