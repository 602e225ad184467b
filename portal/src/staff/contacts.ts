/** The form for a changed contact. */
import { parseEmail, parsePhone, phoneText } from '../lib/address';

export const REASONS = ['id_seen', 'called_back', 'other'] as const;
export type Reason = (typeof REASONS)[number];

/** At most this many contacts of one account, as the server counts. */
export const MOST_CONTACTS = 5;

/** One line of the form. */
export interface Line {
  kind: 'email' | 'phone';
  text: string;
}

/** Contacts of the lines, empty lines left out; `wrong` are the lines that are none. */
export function parseLines(lines: readonly Line[]): { emails: string[]; phones: string[]; wrong: number[] } {
  const emails: string[] = [];
  const phones: string[] = [];
  const wrong: number[] = [];
  lines.forEach((line, index) => {
    if (line.text.trim() === '') return;
    const value = line.kind === 'email' ? parseEmail(line.text) : parsePhone(line.text);
    const list = line.kind === 'email' ? emails : phones;
    if (value === null) wrong.push(index);
    else if (!list.includes(value)) list.push(value);
  });
  return { emails, phones, wrong };
}

/** The string that says what follows from a reason. */
export const FOLLOWS: Record<Reason, string> = {
  id_seen: 'contacts-follows-id_seen',
  called_back: 'contacts-follows-restricted',
  other: 'contacts-follows-restricted',
};

/** The contact that the server names by its place in what was sent, `/emails/0`, as people read it. */
export function contactOf(sent: { emails: readonly string[]; phones: readonly string[] }, pointer: string): string {
  const [, member, place] = pointer.split('/');
  const index = Number(place);
  return member === 'emails' ? (sent.emails[index] ?? '') : phoneText(sent.phones[index] ?? '');
}
