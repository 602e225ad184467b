import { expect, test } from 'vitest';
import { parseLines } from './contacts';

test('lines become contacts, empty and repeated ones are left out', () => {
  const lines = [
    { kind: 'email' as const, text: ' maria@patients.test ' },
    { kind: 'phone' as const, text: '(555) 555-0101' },
    { kind: 'phone' as const, text: '+1 555 555 0101' },
    { kind: 'email' as const, text: '  ' },
  ];
  expect(parseLines(lines)).toEqual({ emails: ['maria@patients.test'], phones: ['+15555550101'], wrong: [] });
});

test('lines that are no contact are named', () => {
  const lines = [
    { kind: 'email' as const, text: 'maria' },
    { kind: 'phone' as const, text: '12' },
    { kind: 'phone' as const, text: '5555550101' },
  ];
  expect(parseLines(lines)).toEqual({ emails: [], phones: ['+15555550101'], wrong: [0, 1] });
});
