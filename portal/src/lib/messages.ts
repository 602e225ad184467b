/** Joins pages and polls of a thread into one list, and applies what later messages say of earlier ones. */
import type { Message } from '../api/types';

/**
 * All messages by ascending seq, each seq once. A recall erases the message it names at once, whatever
 * was known of that message before.
 */
export function mergeMessages(known: readonly Message[], incoming: readonly Message[]): Message[] {
  const bySeq = new Map<number, Message>();
  for (const message of [...known, ...incoming]) bySeq.set(message.seq, message);
  for (const message of [...bySeq.values()]) {
    if (message.body?.kind !== 'recall') continue;
    const recalled = bySeq.get(message.body.of);
    if (recalled === undefined) continue;
    const recalled_at = recalled.recalled_at ?? message.sent_at;
    bySeq.set(recalled.seq, { ...recalled, sender: { ...recalled.sender, name: null }, state: 'recalled', recalled_at, body: null });
  }
  return [...bySeq.values()].sort((one, other) => one.seq - other.seq);
}

/** What the thread shows: events that only change other messages have no bubble of their own. */
export function visibleMessages(messages: readonly Message[]): Message[] {
  return messages.filter((message) => message.body?.kind !== 'recall');
}

/** Most characters a message may have, counted as the server counts: scalar values. */
export const MAX_CHARACTERS = 10_000;
/** Most bytes a message may have in UTF-8. */
export const MAX_BYTES = 40_000;
const WARN_BELOW = 500;

/** How many characters are left; `show` when the limit is near. */
export function remaining(text: string): { left: number; show: boolean } {
  // UTF-16 length bounds both counts from below: short texts need no counting.
  if (text.length * 3 < MAX_CHARACTERS) return { left: MAX_CHARACTERS - text.length, show: false };
  const characters = MAX_CHARACTERS - [...text].length;
  const bytes = MAX_BYTES - new TextEncoder().encode(text).length;
  const left = bytes < 0 ? Math.min(characters, Math.floor(bytes / 4)) : characters;
  return { left, show: left < WARN_BELOW };
}
