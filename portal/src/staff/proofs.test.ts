import { expect, test } from 'vitest';
import { recoveryCode, waysNamed, waysOf } from './proofs';

const factors = (passkeys: number, totp: boolean) => ({ passkeys, totp, recovery_codes_left: 0 });

test('an open session offers what the person set up', () => {
  expect(waysOf(factors(1, false), false, true)).toEqual(['passkey']);
  expect(waysOf(factors(1, true), false, false)).toEqual(['totp']);
  expect(waysOf(factors(0, false), true, true)).toEqual(['mail']);
  expect(waysOf(factors(0, false), false, true)).toEqual([]);
});

test('where it is not known, everything is offered', () => {
  expect(waysOf(null, false, true)).toEqual(['passkey', 'totp', 'mail']);
  expect(waysOf(null, false, false)).toEqual(['totp', 'mail']);
});

test('a sign-in offers what the server names and the browser can', () => {
  expect(waysNamed(['recovery_code', 'totp', 'passkey'], true)).toEqual(['passkey', 'totp', 'recovery_code']);
  expect(waysNamed(['passkey', 'fax'], false)).toEqual([]);
});

test('a recovery code is read as people type it', () => {
  expect(recoveryCode(' ABCD–efgh–JKMN–p234 ')).toBe('abcd-efgh-jkmn-p234');
  expect(recoveryCode('abcd efghjkmn p234')).toBe('abcd-efgh-jkmn-p234');
  expect(recoveryCode('abcdefghjkmnp23')).toBeNull();
  expect(recoveryCode('abcd_efgh_jkmn_p234')).toBeNull();
});
