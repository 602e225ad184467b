import { expect, test } from 'vitest';
import { parseCode } from './code';

test.each([
  ['12345678', '12345678'],
  [' 1234 5678 ', '12345678'],
  ['12-34-56-78', '12345678'],
  ['1234\u20135678', '12345678'],
  ['１２３４５６７８', '12345678'],
  ['١٢٣٤٥٦٧٨', '12345678'],
  ['۱۲۳۴ ۵۶۷۸', '12345678'],
  ['१२३४५६७८', '12345678'],
  ['Demo: 12345678 is your code for iPhone.\n@demo.test #12345678', '12345678'],
  ['Your code from 2026 is 00000042', '00000042'],
  ['', 'missing'],
  ['abc', 'missing'],
  ['1234567', 'wrong_length'],
  ['123456789', 'wrong_length'],
  ['12345678 or 87654321', 'wrong_length'],
])('%j', (typed, expected) => {
  expect(parseCode(typed)).toBe(expected);
});
