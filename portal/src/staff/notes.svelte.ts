/** Internal notes beside one conversation. They are fetched only when somebody opens them: each look is an event. */
import { call, failureFrom, type Failure } from '../api/client';
import type { Note } from '../api/types';
import { t } from '../i18n/i18n.svelte';
import { Outgoing } from '../lib/outgoing';

const KIND_KEYS: Record<string, string> = {
  dates_locked_today: 'note-dates_locked_today',
  dates_locked: 'note-dates_locked',
  contact_in_doubt: 'note-contact_in_doubt',
  notice_undelivered: 'note-notice_undelivered',
  access_ends: 'note-access_ends',
  notice_unread: 'note-notice_unread',
  notice_came_back: 'note-notice_came_back',
  may_be_urgent: 'note-may_be_urgent',
};

/** What a note says: the words of staff, or those for what the product noticed. */
export function noteText(note: Pick<Note, 'kind' | 'text'>): string {
  if (note.kind === 'text') return note.text ?? t('note-unreadable');
  return note.kind in KIND_KEYS ? t(KIND_KEYS[note.kind] ?? '') : note.kind;
}

export class Notes {
  /** Newest first. */
  items = $state.raw<Note[]>([]);
  status = $state<'closed' | 'loading' | 'ready'>('closed');
  failure = $state<Failure | null>(null);
  hasMore = $state(false);

  #cursor: string | null = null;
  readonly #outgoing = new Outgoing();

  constructor(private readonly conversation: string) {}

  /** Fetches the newest ones, or the next page of older ones. */
  async load(older = false): Promise<void> {
    if (this.status === 'closed') this.status = 'loading';
    try {
      const cursor = older ? this.#cursor : null;
      const query = cursor === null ? {} : { cursor };
      const page = (await call('get', '/v1/conversations/{id}/notes', { path: { id: this.conversation }, query, active: true })).data;
      this.items = cursor === null ? page.items : [...this.items, ...page.items];
      this.#cursor = page.next_cursor ?? null;
      this.hasMore = this.#cursor !== null;
      this.failure = null;
    } catch (error) {
      this.failure = failureFrom(error);
    }
    this.status = 'ready';
  }

  /** Writes a note. A repeat after a failure is the same note. */
  async write(text: string): Promise<void> {
    const body = { text };
    const idempotencyKey = this.#outgoing.keyFor(body);
    const { data } = await call('post', '/v1/conversations/{id}/notes', { path: { id: this.conversation }, body, idempotencyKey });
    this.#outgoing.accepted();
    if (!this.items.some((note) => note.id === data.id)) this.items = [data, ...this.items];
  }
}
