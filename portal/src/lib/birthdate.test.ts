import { describe, expect, test } from 'vitest';
import { asciiDigits, monthNames, parseBirthDate, partOrder } from './birthdate';

const TODAY = '2026-03-01';
const parse = (day: string, month: string, year: string) => parseBirthDate({ day, month, year }, TODAY);

describe('parseBirthDate', () => {
  test('joins the fields', () => {
    expect(parse('14', '3', '1985')).toEqual({ ok: true, date: '1985-03-14' });
    expect(parse(' 5 ', '11', '1950')).toEqual({ ok: true, date: '1950-11-05' });
  });

  test('knows the calendar', () => {
    expect(parse('29', '2', '2024')).toEqual({ ok: true, date: '2024-02-29' });
    expect(parse('29', '2', '2023')).toMatchObject({ problem: { reason: 'impossible' } });
    expect(parse('31', '4', '1990')).toMatchObject({ problem: { reason: 'impossible' } });
    expect(parse('0', '4', '1990')).toMatchObject({ problem: { reason: 'impossible' } });
  });

  test('names what is missing, in order', () => {
    expect(parse('', '3', '1985')).toMatchObject({ problem: { reason: 'missing', fields: ['day'] } });
    expect(parse('', '', '')).toMatchObject({ problem: { reason: 'missing', fields: ['day', 'month', 'year'] } });
  });

  test('wants four digits of a year in the past', () => {
    expect(parse('14', '3', '85')).toMatchObject({ problem: { reason: 'short_year' } });
    expect(parse('2', '3', '2026')).toMatchObject({ problem: { reason: 'future' } });
    expect(parse('1', '3', '2026')).toMatchObject({ ok: true });
    expect(parse('1', '3', '1899')).toMatchObject({ problem: { reason: 'too_old' } });
  });

  test('reads the digits of other scripts', () => {
    expect(asciiDigits('١٩٨٥')).toBe('1985');
    expect(asciiDigits('۱۹۸۵')).toBe('1985');
    expect(asciiDigits('１２３４ 5678')).toBe('12345678');
    expect(parse('١٤', '3', '١٩٨٥')).toEqual({ ok: true, date: '1985-03-14' });
  });
});

test('the order of the fields follows the language', () => {
  expect(partOrder('en-US')).toEqual(['month', 'day', 'year']);
  expect(partOrder('es-US')).toEqual(['day', 'month', 'year']);
  expect(partOrder('ja')).toEqual(['year', 'month', 'day']);
});

test('months are words', () => {
  expect(monthNames('en-US')[2]).toBe('March');
  expect(monthNames('es-US')[2]).toBe('marzo');
  expect(monthNames('es-US')).toHaveLength(12);
});
