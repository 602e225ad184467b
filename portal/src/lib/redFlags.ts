/**
 * Words that may mean an emergency, in the languages of the pages. They are looked for in what a patient sends, whatever the
 * language of the page; they judge nothing and stop nothing. The server looks for the same.
 */
import list from '../../../shared/locales/red-flags.txt?raw';

const WORDS = list.split('\n').filter((line) => line !== '' && line[0] !== '#');

function folded(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[\u2019\u02bc`]/g, "'")
    .replace(/[^a-z0-9']+/g, ' ');
}

/** Whether a text holds words that may mean an emergency. */
export function mayBeUrgent(text: string): boolean {
  const padded = ` ${folded(text)}`;
  return WORDS.some((word) => padded.indexOf(` ${word}`) >= 0);
}
