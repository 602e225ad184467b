import { expect, test } from 'vitest';
import { actorsOf, arrived, contactValue, countdown, counted, isLost, joined, tryLines } from './reach';

const contact = (...accounts: [string, string | null][]) => ({
  accounts: accounts.map(([id, relation]) => ({ id, name: id, relation, passkeys: relation === null ? null : 0 })),
});

test('who acts for the patient: each once, the patient first, neighbours in a shared mailbox not at all', () => {
  const contacts = [contact(['rosa', 'parent'], ['neighbour', null]), contact(['luis', 'self'], ['rosa', 'parent'])];
  expect(actorsOf(contacts).map((one) => one.id)).toEqual(['luis', 'rosa']);
  expect(actorsOf([])).toEqual([]);
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
  const lost = ['sent', 'deferred', 'collapsed', 'failed', 'bounced', 'suppressed'].map((state) => isLost({ state }));
  expect(lost).toEqual([false, false, false, true, true, true]);
});

test('words on one line', () => {
  expect(joined('a', false, undefined, 'b', '')).toBe('a · b');
  expect(contactValue({ kind: 'phone', value: '+15555550101' })).toBe('(555) 555-0101');
});

test('a clearing stands among the wrong dates, and what came before it counts no more', () => {
  const wrong = (at: string) => ({ at, kind: 'different', way: 'notice' });
  const reach = { tries: [wrong('2026-03-03'), wrong('2026-03-01')], tries_cleared: ['2026-03-02', '2026-02-01'] };
  expect(tryLines(reach).map((line) => [line.at, line.wrong === null, line.counts])).toEqual([
    ['2026-03-03', false, true],
    ['2026-03-02', true, false],
    ['2026-03-01', false, false],
  ]);
});
