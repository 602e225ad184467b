import { describe, expect, test } from 'vitest';
import type { Message } from '../api/types';
import { MAX_CHARACTERS, mergeMessages, remaining, visibleMessages } from './messages';

function message(seq: number, body: Message['body'] = { kind: 'text', text: `text ${seq}` }): Message {
  return {
    id: `msg_${seq}`,
    conversation_id: 'cnv_1',
    seq,
    sender: { kind: 'staff', id: 'stf_1', name: 'Ana' },
    sent_at: '2026-03-01T12:00:00.000Z',
    state: 'sent',
    body,
  };
}

describe('mergeMessages', () => {
  test('orders by seq and keeps each once', () => {
    const merged = mergeMessages([message(3), message(4)], [message(1), message(2), message(4)]);
    expect(merged.map((one) => one.seq)).toEqual([1, 2, 3, 4]);
  });

  test('a recall erases its message at once and has no bubble', () => {
    const merged = mergeMessages([message(1), message(2)], [message(3, { kind: 'recall', of: 1 } as Message['body'])]);
    expect(merged[0]).toMatchObject({ seq: 1, state: 'recalled', body: null });
    expect(visibleMessages(merged).map((one) => one.seq)).toEqual([1, 2]);
  });

  test('a recalled message does not come back from an older page', () => {
    const known = mergeMessages([], [message(3, { kind: 'recall', of: 1 } as Message['body'])]);
    expect(mergeMessages(known, [message(1), message(2)])[0]).toMatchObject({ state: 'recalled', body: null });
  });
});

describe('remaining', () => {
  test('warns only near the limit', () => {
    expect(remaining('short').show).toBe(false);
    expect(remaining('a'.repeat(MAX_CHARACTERS - 500)).show).toBe(false);
    expect(remaining('a'.repeat(MAX_CHARACTERS - 10))).toEqual({ left: 10, show: true });
    expect(remaining('a'.repeat(MAX_CHARACTERS + 2)).left).toBe(-2);
  });

  test('counts characters as the server does, not code units', () => {
    expect(remaining('😀'.repeat(9_900)).left).toBe(100);
    expect(remaining('😀'.repeat(10_001)).left).toBe(-1);
  });
});
