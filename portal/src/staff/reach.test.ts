import { expect, test } from 'vitest';
import type { ContactReach } from '../api/pending';
import { accountsOf, arrived, contactValue, countdown, counted, isLost, joined } from './reach';

const contact = (id: string, ...accounts: [string, string][]): ContactReach => ({
  id,
  kind: 'email',
  value: `${id}@patients.test`,
  state: 'verified',
  verified_at: null,
  accounts: accounts.map(([account, relation]) => ({ id: account, name: account, relation })),
  patients: 1,
  restricted_since: null,
});

test('each account once, the own one first', () => {
  const contacts = [contact('c1', ['rosa', 'parent']), contact('c2', ['luis', 'self'], ['rosa', 'parent'])];
  expect(accountsOf(contacts).map((one) => one.id)).toEqual(['luis', 'rosa']);
  expect(accountsOf([])).toEqual([]);
});

test('wrong dates are counted by how they were wrong', () => {
  expect(counted(['different', 'day_month_swapped', 'different'])).toEqual([
    { kind: 'different', count: 2 },
    { kind: 'day_month_swapped', count: 1 },
  ]);
});

test('a phone that was not there before has arrived', () => {
  expect(arrived([{ id: 'a' }], [{ id: 'a' }])).toEqual([]);
  expect(arrived([{ id: 'a' }], [{ id: 'b' }, { id: 'a' }])).toEqual([{ id: 'b' }]);
});

test('a countdown never shows less than nothing', () => {
  expect([600, 59.2, 9, 0, -3].map(countdown)).toEqual(['10:00', '1:00', '0:09', '0:00', '0:00']);
});

test('what needs somebody to act', () => {
  const notice = { id: 'n', at: '', contact_id: 'c', channel: 'sms' as const, why: null, opened_at: null, tries: [], resent: 0 };
  const lost = (['sent', 'deferred', 'collapsed', 'failed', 'bounced', 'suppressed'] as const).map((state) => isLost({ ...notice, state }));
  expect(lost).toEqual([false, false, false, true, true, true]);
});

test('words on one line', () => {
  expect(joined('a', false, undefined, 'b', '')).toBe('a · b');
  expect(contactValue({ kind: 'phone', value: '+15555550101' })).toBe('(555) 555-0101');
});
