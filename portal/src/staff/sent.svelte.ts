/** What this window sent last, for as long as it can be undone, wherever it was written. */

export interface Sent {
  conversation: string;
  seq: number;
  text: string;
  /** By this machine's clock, in milliseconds. */
  at: number;
}

/** As long as the server allows it. */
export const UNDO_MILLISECONDS = 10_000;

let last = $state.raw<Sent | null>(null);

export function noteSent(conversation: string, seq: number, text: string): void {
  last = { conversation, seq, text, at: Date.now() };
}

export function lastSent(): Sent | null {
  return last;
}

export function forgetSent(): void {
  last = null;
}
