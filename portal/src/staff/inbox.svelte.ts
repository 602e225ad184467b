import { call, failureFrom } from '../api/client';
import type { Conversation } from '../api/types';
import { Poller } from '../lib/polling';

/** The lists of the inbox. Each is one query that the server has an index for. */
export const VIEWS = {
  open: { state: 'open' },
  unread: { unread: true },
  mine: { state: 'open', assigned: 'me' },
  unassigned: { state: 'open', assigned: 'none' },
  closed: { state: 'closed' },
} as const;

/** One of the lists, or what is open at one colleague's. */
export type View = keyof typeof VIEWS | `stf_${string}`;

function queryOf(view: View): { state?: 'open' | 'closed'; unread?: true; assigned?: string } {
  return view in VIEWS ? VIEWS[view as keyof typeof VIEWS] : { state: 'open', assigned: view };
}

/** The view a query names, `open` where it names none. */
export function viewOf(name: string | null): View {
  return name !== null && (name in VIEWS || /^stf_[0-9a-z]{26}$/.test(name)) ? (name as View) : 'open';
}

/** The list beside the thread: one view, newest activity first, kept fresh by polling. */
export class Inbox {
  view = $state<View>('open');
  items = $state.raw<Conversation[]>([]);
  status = $state<'loading' | 'ready' | 'forbidden'>('loading');
  stale = $state(false);
  hasMore = $state(false);
  loadingMore = $state(false);

  #cursor: string | null = null;
  #poller: Poller | null = null;
  #generation = 0;

  constructor(
    /** Called with the newest head of every conversation on the list. */
    private readonly onHeads: (heads: Conversation[]) => void,
    private readonly onArrived: () => void,
  ) {}

  start(): void {
    this.#poller ??= new Poller((active) => this.#refresh(active));
    void this.#poller.runNow();
  }

  stop(): void {
    this.#poller?.stop();
    this.#poller = null;
  }

  /** Shows another view; the old list goes at once, because it is about other conversations. */
  async show(view: View): Promise<void> {
    if (view === this.view && this.status === 'ready') return;
    this.#generation += 1;
    this.view = view;
    this.items = [];
    this.status = 'loading';
    this.#cursor = null;
    await this.#refresh(true);
  }

  /** Asks again now, for example after something was changed here. */
  async refresh(): Promise<void> {
    await this.#refresh(true);
  }

  /** Appends the next page. */
  async more(): Promise<void> {
    if (this.#cursor === null || this.loadingMore) return;
    const generation = this.#generation;
    this.loadingMore = true;
    try {
      const query = { ...queryOf(this.view), cursor: this.#cursor };
      const page = (await call('get', '/v1/conversations', { query, active: true })).data;
      if (generation !== this.#generation) return;
      const known = new Set(this.items.map((item) => item.id));
      this.items = [...this.items, ...page.items.filter((item) => !known.has(item.id))];
      this.#turnTo(page.next_cursor ?? null);
    } catch {
      this.stale = true;
    } finally {
      this.loadingMore = false;
    }
  }

  async #refresh(active: boolean): Promise<boolean> {
    const generation = this.#generation;
    try {
      const page = (await call('get', '/v1/conversations', { query: queryOf(this.view), active })).data;
      if (generation !== this.#generation) return false;
      const isFirst = this.status === 'loading';
      const before = new Map(this.items.map((item) => [item.id, item]));
      const arrived = page.items.some((item) => item.unread > (before.get(item.id)?.unread ?? 0));
      const fresh = new Set(page.items.map((item) => item.id));
      // Pages opened below the first stay, unless the first page is the whole list.
      const older = page.next_cursor == null ? [] : this.items.slice(page.items.length).filter((item) => !fresh.has(item.id));
      if (isFirst || older.length === 0) this.#turnTo(page.next_cursor ?? null);
      this.items = [...page.items, ...older];
      this.status = 'ready';
      this.stale = false;
      this.onHeads(page.items);
      if (arrived && !isFirst) this.onArrived();
      return arrived;
    } catch (error) {
      if (failureFrom(error) === 'forbidden') {
        this.status = 'forbidden';
        this.items = [];
      } else {
        this.stale = true;
      }
      return false;
    }
  }

  #turnTo(cursor: string | null): void {
    this.#cursor = cursor;
    this.hasMore = cursor !== null;
  }
}
