/** Codes as people type, paste and dictate them. */
import { asciiDigits } from './birthdate';

export const CODE_LENGTH = 8;

/**
 * The code in a text, in ASCII digits, whatever stands between and around them; or why there is none. A whole pasted
 * message is searched for the one run of eight digits.
 */
export function parseCode(text: string): string | 'missing' | 'wrong_length' {
  const digits = asciiDigits(text);
  if (digits === '') return 'missing';
  if (digits.length === CODE_LENGTH) return digits;
  const runs = text.normalize('NFKC').match(/\p{Nd}+/gu) ?? [];
  const fitting = [...new Set(runs.filter((run) => [...run].length === CODE_LENGTH).map(asciiDigits))];
  return fitting.length === 1 ? (fitting[0] ?? 'wrong_length') : 'wrong_length';
}
