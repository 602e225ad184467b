import { expect, test } from 'vitest';
import { evidenceOf } from './audit';

test('an event leads to its evidence wherever the id stands', () => {
  const id = 'evd_01jd6xk0000000000000000000';
  expect(evidenceOf({ object: id })).toBe(id);
  expect(evidenceOf({ object: `wrong_patient,${id},unopened` })).toBe(id);
  expect(evidenceOf({ object: 'wrong_patient,shredded,unopened' })).toBe(null);
  expect(evidenceOf({ object: null })).toBe(null);
});
