/** When to ask for new messages: often while somebody is there, rarely later, never when hidden. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** Half a second for the call itself: what was sent stands on the other screen within 5 seconds. */
const QUICK = 4.5 * SECOND;

/** Delay before the next poll, in milliseconds, by the time since the last activity. */
export function pollDelay(sinceActivity: number): number {
  if (sinceActivity < 2 * MINUTE) return QUICK;
  if (sinceActivity < 10 * MINUTE) return 15 * SECOND;
  return 60 * SECOND;
}

/** The outside world a poller needs; tests bring their own. */
export interface PollerHost {
  now(): number;
  hidden(): boolean;
  onVisibilityChange(listener: () => void): () => void;
  onInput(listener: () => void): () => void;
  setTimer(run: () => void, delay: number): () => void;
}

const INPUT_EVENTS = ['pointerdown', 'keydown', 'touchstart', 'wheel'] as const;

const HELD = 'polling-held';
let isHeld = false;

/** Holds every poller of the page, or lets them go on at once: a covered page asks for nothing. */
export function holdPolling(isOn: boolean): void {
  isHeld = isOn;
  document.dispatchEvent(new Event(HELD));
}

/** The browser as a host. */
export const browserHost: PollerHost = {
  now: () => Date.now(),
  hidden: () => isHeld || document.visibilityState === 'hidden',
  onVisibilityChange(listener) {
    for (const name of ['visibilitychange', HELD]) document.addEventListener(name, listener);
    return () => {
      for (const name of ['visibilitychange', HELD]) document.removeEventListener(name, listener);
    };
  },
  onInput(listener) {
    for (const name of INPUT_EVENTS) document.addEventListener(name, listener, { capture: true, passive: true });
    return () => {
      for (const name of INPUT_EVENTS) document.removeEventListener(name, listener, { capture: true });
    };
  },
  setTimer(run, delay) {
    const timer = setTimeout(run, delay);
    return () => clearTimeout(timer);
  },
};

/** How long after input a poll may still say that a person is there. */
const ACTIVE_WINDOW = MINUTE;

/**
 * Runs `poll` by the schedule until stopped. Input and arriving messages count as activity.
 *
 * `poll` is told whether a person touched the page since the last time it was told so (at most once a
 * minute): reading and typing keep a session alive, an unattended page does not.
 */
export class Poller {
  #cancelTimer: () => void = () => undefined;
  #stops: (() => void)[] = [];
  #lastActivity: number;
  #lastInput = -Infinity;
  #lastReported: number;
  #running = false;
  #stopped = false;

  constructor(
    private readonly poll: (active: boolean) => Promise<boolean>,
    private readonly host: PollerHost = browserHost,
  ) {
    this.#lastActivity = host.now();
    this.#lastReported = host.now();
    this.#stops.push(
      host.onVisibilityChange(() => (host.hidden() ? this.#cancelTimer() : void this.runNow())),
      host.onInput(() => this.#input()),
    );
    this.#schedule();
  }

  /** Marks that something happened, so that the next polls come quickly. */
  activity(): void {
    const before = pollDelay(this.host.now() - this.#lastActivity);
    this.#lastActivity = this.host.now();
    if (before > pollDelay(0) && !this.#running) this.#schedule();
  }

  /** Polls now, then goes on by the schedule. `poll` resolves true when it brought something new. */
  async runNow(): Promise<void> {
    this.#cancelTimer();
    if (this.#running || this.#stopped) return;
    this.#running = true;
    try {
      const isNew = await this.poll(this.#takeActive());
      if (isNew) this.#lastActivity = this.host.now();
    } finally {
      this.#running = false;
      this.#schedule();
    }
  }

  /** Ends polling for good. */
  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
    for (const stop of this.#stops) stop();
  }

  #input(): void {
    this.#lastInput = this.host.now();
    this.activity();
  }

  #takeActive(): boolean {
    const now = this.host.now();
    const isActive = this.#lastInput > this.#lastReported && now - this.#lastReported >= ACTIVE_WINDOW;
    if (isActive) this.#lastReported = now;
    return isActive;
  }

  #schedule(): void {
    this.#cancelTimer();
    if (this.#stopped || this.host.hidden()) return;
    const delay = pollDelay(this.host.now() - this.#lastActivity);
    this.#cancelTimer = this.host.setTimer(() => void this.runNow(), delay);
  }
}
