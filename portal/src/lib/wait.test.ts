import { describe, expect, test } from 'vitest';
import { secondsLeft, waitOf } from './wait';

describe('a wait in words', () => {
  test.each([
    [0, 'minutes', 1],
    [1, 'minutes', 1],
    [60, 'minutes', 1],
    [61, 'minutes', 2],
    [90 * 60, 'minutes', 90],
    [90 * 60 + 1, 'hours', 2],
    [24 * 3600, 'hours', 24],
  ] as const)('%i seconds', (seconds, unit, count) => {
    expect(waitOf(seconds)).toEqual({ unit, count });
  });
});

describe('a countdown', () => {
  test.each([
    [0, 60],
    [1, 60],
    [1_000, 59],
    [59_001, 1],
    [60_000, 0],
    [90_000, 0],
  ])('after %i milliseconds', (passed, left) => {
    expect(secondsLeft(5_000_000, 60_000, 5_000_000 + passed)).toBe(left);
  });

  test('a clock set back makes nobody wait longer', () => {
    expect(secondsLeft(5_000_000, 60_000, 1_000_000)).toBe(60);
  });
});
