/** One polite voice for screen readers, in a region that stays when pages change. */

let text = $state('');
let flip = false;

/** Says something once. The same words again are said again. */
export function announce(words: string): void {
  flip = !flip;
  // A region whose text does not change stays silent; an invisible space makes it change.
  text = flip ? words : `${words}\u00a0`;
}

export function announcement(): string {
  return text;
}
