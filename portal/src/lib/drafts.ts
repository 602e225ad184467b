/** Unsent text, in memory only: it outlives a page and an expired session, never the tab. */

let owner = '';
const drafts = new Map<string, string>();

/** Keeps drafts for one account; another account finds none. */
export function keepDraftsOf(account: string): void {
  if (owner !== account) drafts.clear();
  owner = account;
}

export function draft(place: string): string {
  return drafts.get(place) ?? '';
}

export function setDraft(place: string, text: string): void {
  if (text === '') drafts.delete(place);
  else drafts.set(place, text);
}

export function forgetDrafts(): void {
  drafts.clear();
}

export function hasDrafts(): boolean {
  return drafts.size > 0;
}
