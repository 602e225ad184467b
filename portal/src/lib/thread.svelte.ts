import { ApiError, call, failureFrom, type Failure } from '../api/client';
import type { Conversation, ConversationChange, Message, MessagePage } from '../api/types';
import { mergeMessages, visibleMessages } from './messages';
import { Outgoing } from './outgoing';
import { Poller } from './polling';

/** One open conversation: loading, older pages, polling, sending, and how far it was read. */
export class Thread {
  conversation = $state.raw<Conversation | null>(null);
  messages = $state.raw<Message[]>([]);
  /** `loading` at first, then `ready`, or the failure that stands in the way. */
  status = $state<'loading' | 'ready' | Failure>('loading');
  /** True while polls fail: what is on the screen may be old. */
  stale = $state(false);
  loadingOlder = $state(false);
  sending = $state(false);
  /** Seq of the first message that was unread when the thread was opened, or 0. */
  firstUnread = $state(0);

  readonly visible = $derived(visibleMessages(this.messages));
  /** Seqs start at 1 and have no gaps, so the first one known says whether there are older ones. */
  readonly hasOlder = $derived((this.messages[0]?.seq ?? 1) > 1);

  #lastSeq = 0;
  #epoch: MessagePage['epoch'] | undefined;
  #markedRead = 0;
  #poller: Poller | null = null;
  #outgoing = new Outgoing();
  #isClosed = false;

  constructor(
    readonly id: string,
    private readonly side: 'patient' | 'practice',
    private readonly onArrived: (messages: Message[]) => void = () => undefined,
    /** A text that stood on the screen was taken back. */
    private readonly onErased: () => void = () => undefined,
  ) {}

  /** Loads the head and the newest page, then polls until `close`. */
  async open(): Promise<void> {
    this.status = 'loading';
    try {
      const path = { id: this.id };
      const [head, page] = await Promise.all([
        call('get', '/v1/conversations/{id}', { path, active: true }),
        call('get', '/v1/conversations/{id}/messages', { path, active: true }),
      ]);
      if (this.#isClosed) return;
      this.conversation = head.data;
      this.#markedRead = head.data.read_up_to[this.side];
      this.#epoch = page.data.epoch;
      this.#take(page.data as MessagePage);
      this.firstUnread = this.#firstUnread();
      this.status = 'ready';
      this.#poller?.stop();
      this.#poller = new Poller((active) => this.#poll(active));
      void this.#markRead();
    } catch (error) {
      this.status = failureFrom(error);
    }
  }

  /** Stops polling. */
  close(): void {
    this.#isClosed = true;
    this.#poller?.stop();
  }

  /** Fetches the page before the oldest known message. */
  async loadOlder(): Promise<void> {
    const before = this.messages[0]?.seq;
    if (before === undefined || this.loadingOlder) return;
    this.loadingOlder = true;
    try {
      const query = { before };
      const page = await call('get', '/v1/conversations/{id}/messages', { path: { id: this.id }, query, active: true });
      this.messages = mergeMessages(this.messages, page.data.items as Message[]);
      this.stale = false;
    } catch {
      this.stale = true;
    } finally {
      this.loadingOlder = false;
    }
  }

  /**
   * Sends text, or a correction of an earlier message. A retry with the same text carries the same key, so it can never
   * arrive twice.
   */
  async send(text: string, of?: number): Promise<Message> {
    const body = of === undefined ? { kind: 'text', text } : { kind: 'correction', of, text };
    this.sending = true;
    try {
      const answer = await call('post', '/v1/conversations/{id}/messages', {
        path: { id: this.id },
        body,
        idempotencyKey: this.#outgoing.keyFor(body),
      });
      this.#outgoing.accepted();
      this.firstUnread = 0;
      // Not the last known seq: messages of others may stand between, and the poll brings them.
      this.messages = mergeMessages(this.messages, [answer.data as Message]);
      if (this.conversation !== null) this.conversation = { ...this.conversation, state: 'open' };
      this.refresh();
      return answer.data as Message;
    } finally {
      this.sending = false;
    }
  }

  /** Asks for what is new, now. */
  refresh(): void {
    void this.#poller?.runNow();
  }

  /** Changes state or assignee. */
  async change(body: ConversationChange): Promise<void> {
    this.conversation = (await call('patch', '/v1/conversations/{id}', { path: { id: this.id }, body })).data;
  }

  /** Takes a newer head seen elsewhere, for example in the inbox. */
  refreshHead(head: Conversation): void {
    if (this.conversation !== null && head.id === this.id) this.conversation = head;
  }

  async #poll(active: boolean): Promise<boolean> {
    try {
      let isNew = false;
      for (;;) {
        const query = { after: this.#lastSeq };
        const page = (await call('get', '/v1/conversations/{id}/messages', { path: { id: this.id }, query, active }))
          .data as MessagePage;
        if (this.#isClosed) return false;
        if (page.epoch !== this.#epoch) {
          // The history was restored or rewritten: nothing known counts any more.
          this.messages = [];
          this.#lastSeq = 0;
          await this.open();
          return true;
        }
        const shown = this.messages.filter((message) => message.state === 'sent').map((message) => message.seq);
        const arrived = this.#take(page);
        if (this.messages.some((message) => message.state === 'recalled' && shown.includes(message.seq))) this.onErased();
        if (arrived.length > 0) {
          isNew = true;
          this.onArrived(arrived);
        }
        if (page.items.length === 0 || this.#lastSeq >= page.last_seq) break;
      }
      this.stale = false;
      void this.#markRead();
      return isNew;
    } catch (error) {
      if (error instanceof ApiError && (error.failure === 'not_found' || error.failure === 'forbidden')) {
        this.status = error.failure;
        this.close();
      } else {
        this.stale = true;
      }
      return false;
    }
  }

  /** Adds a page; answers what the other side wrote and this page had not shown. */
  #take(page: MessagePage): Message[] {
    const known = new Set(this.messages.map((message) => message.seq));
    this.messages = mergeMessages(this.messages, page.items);
    this.#lastSeq = Math.max(this.#lastSeq, page.items[page.items.length - 1]?.seq ?? 0);
    const arrived = page.items.filter((message) => !known.has(message.seq) && !this.isOwn(message));
    return visibleMessages(arrived);
  }

  /** True for messages of the reader's own side. */
  isOwn(message: Message): boolean {
    return (message.sender.kind === 'patient') === (this.side === 'patient');
  }

  #firstUnread(): number {
    const unread = this.visible.find((message) => message.seq > this.#markedRead && !this.isOwn(message));
    return unread?.seq ?? 0;
  }

  /** Only what a visible page shows counts as read. */
  async #markRead(): Promise<void> {
    const seq = this.#lastSeq;
    if (seq <= this.#markedRead || document.visibilityState === 'hidden') return;
    const before = this.#markedRead;
    this.#markedRead = seq;
    try {
      await call('put', '/v1/conversations/{id}/read', { path: { id: this.id }, body: { seq } });
    } catch {
      this.#markedRead = before;
    }
  }
}
