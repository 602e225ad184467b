import { expect, test } from 'vitest';
import { parseAddress, parsePhone, phoneText } from './address';

test.each([
  ['(555) 555-0102', '+15555550102'],
  ['555.555.0102', '+15555550102'],
  ['1 555 555 0102', '+15555550102'],
  ['+1 (555) 555-0102', '+15555550102'],
  ['+52 55 1234 5678', '+525512345678'],
  ['0049 30 1234567', '+49301234567'],
  ['011 44 20 7946 0000', '+442079460000'],
  ['٥٥٥٥٥٥٠١٠٢', '+15555550102'],
])('%s is a phone number', (typed, number) => expect(parsePhone(typed)).toBe(number));

test.each(['', '555 0102', '12', 'call me', '+1 555 555', '+0123456789', '555-555-0102 ext 4'])(
  '%j is not',
  (typed) => expect(parsePhone(typed)).toBeNull(),
);

test('addresses', () => {
  expect(parseAddress(' maria@patients.test ')).toEqual({ kind: 'email', value: 'maria@patients.test' });
  expect(parseAddress('555-555-0104')).toEqual({ kind: 'phone', value: '+15555550104' });
  expect(parseAddress('maria@patients')).toBeNull();
  expect(parseAddress('maria at patients.test')).toBeNull();
});

test('numbers of the home country read as at home', () => {
  expect(phoneText('+15555550102')).toBe('(555) 555-0102');
  expect(phoneText('+525512345678')).toBe('+525512345678');
});
