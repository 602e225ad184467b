/** What a browser knows of a link that leads to it: the server answers all of them alike, so that nobody learns from it. */

/** `elsewhere`: this browser never asked; `alive`: it may work; `late`: too old, another one comes by a press; `over`: too old, or used. */
export type LinkStanding = 'elsewhere' | 'alive' | 'late' | 'over';

const MINUTE = 60_000;
/** As the mail says it. */
const LIFE = 10 * MINUTE;
/** The server forgets what was asked for after an hour, counted from the first message. */
const RENEWAL = 30 * MINUTE;
/** Stands for a time that is over for certain. */
export const LONG_AGO = 1;

/** The standing of a link by when this browser asked last, in milliseconds; 0 if it never did. */
export function standingOf(asked: number, now: number): LinkStanding {
  if (!(asked > 0)) return 'elsewhere';
  const age = now - asked;
  return age < LIFE ? 'alive' : age < RENEWAL ? 'late' : 'over';
}
