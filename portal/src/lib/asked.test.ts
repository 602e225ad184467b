import { expect, test } from 'vitest';
import { LONG_AGO, standingOf } from './asked';

const NOW = 1_800_000_000_000;

test.each([
  ['never asked for', 0, 'elsewhere'],
  ['with a mark that is no time', NaN, 'elsewhere'],
  ['just asked for', NOW, 'alive'],
  ['in its last second', NOW - 599_999, 'alive'],
  ['ten minutes old', NOW - 600_000, 'late'],
  ['half an hour old, nearly', NOW - 1_799_999, 'late'],
  ['half an hour old', NOW - 1_800_000, 'over'],
  ['of another day', NOW - 86_400_000, 'over'],
  ['that was used', LONG_AGO, 'over'],
] as const)('a link %s', (_, asked, standing) => {
  expect(standingOf(asked, NOW)).toBe(standing);
});
