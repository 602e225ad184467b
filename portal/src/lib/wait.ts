/** How long somebody has to wait, in the largest unit that says it without false precision. */
export interface Wait {
  unit: 'minutes' | 'hours';
  count: number;
}

/** Seconds as minutes up to an hour and a half, then as hours; always rounded up: too early would be a lie. */
export function waitOf(seconds: number): Wait {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return minutes <= 90 ? { unit: 'minutes', count: minutes } : { unit: 'hours', count: Math.ceil(minutes / 60) };
}

/** Seconds that are left of a span that began at `since`, both in milliseconds of one clock; never below 0. */
export function secondsLeft(since: number, span: number, now: number): number {
  // A clock that was set back must not make anybody wait longer than the span.
  return Math.max(0, Math.min(Math.ceil(span / 1000), Math.ceil((since + span - now) / 1000)));
}
