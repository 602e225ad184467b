import { expect, test } from 'vitest';
import { comesOfAge, dayStart, endsSoon, nextDay, untilText } from './grants';

test.each([
  ['America/New_York', '2026-07-01', '2026-07-01T04:00:00.000Z'],
  ['America/New_York', '2026-12-01', '2026-12-01T05:00:00.000Z'],
  ['Pacific/Kiritimati', '2026-07-01', '2026-06-30T10:00:00.000Z'],
  ['Asia/Kathmandu', '2026-07-01', '2026-06-30T18:15:00.000Z'],
  ['Pacific/Honolulu', '2026-07-01', '2026-07-01T10:00:00.000Z'],
  ['UTC', '2026-07-01', '2026-07-01T00:00:00.000Z'],
])('in %s the day %s begins at %s', (zone, day, moment) => {
  expect(dayStart(day, zone)).toBe(moment);
});

test('the day after, over the ends of months and years', () => {
  expect(['2026-02-28', '2028-02-28', '2026-12-31'].map(nextDay)).toEqual(['2026-03-01', '2028-02-29', '2027-01-01']);
});

test('only who is younger becomes of age', () => {
  expect(comesOfAge('2012-09-17', 18, '2026-03-01')).toBe('2030-09-17');
  expect(comesOfAge('2012-09-17', 16, '2026-03-01')).toBe('2028-09-17');
  expect(comesOfAge('2008-03-01', 18, '2026-03-01')).toBeNull();
  expect(comesOfAge('1985-03-14', 18, '2026-03-01')).toBeNull();
});

test('an end is said by what it means', () => {
  const until = (until: string | null) => untilText({ until }, '2012-09-17');
  const at = (day: string) => dayStart(day, Intl.DateTimeFormat().resolvedOptions().timeZone);
  expect(until(null)).toBeNull();
  expect(until(at('2030-09-17'))).toBe('grant-until-adult');
  expect(until(at('2026-09-17'))).toBe('grant-until-adult');
  expect(until(at('2030-09-18'))).toBe('grant-until-day');
});

test('staff see a month ahead that a parent or guardian loses access', () => {
  const soon = (relation: string, until: string | null) => endsSoon({ relation, until }, new Date('2026-12-16T05:00:00Z'));
  expect(soon('parent', '2027-01-15T05:00:00Z')).toBe(true);
  expect(soon('guardian', '2026-12-17T05:00:00Z')).toBe(true);
  expect(soon('parent', '2027-01-15T05:00:01Z')).toBe(false);
  expect(soon('carer', '2026-12-17T05:00:00Z')).toBe(false);
  expect(soon('guardian', null)).toBe(false);
});
