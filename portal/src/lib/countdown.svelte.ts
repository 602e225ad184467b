import { onDestroy } from 'svelte';
import { secondsLeft } from './wait';

/** Seconds until something may be done again, on a page that shows them. Made while a component is. */
export class Countdown {
  left = $state(0);
  #since: number;

  constructor(
    private readonly span: number,
    since = Date.now(),
    private readonly onEnd: () => void = () => undefined,
  ) {
    this.#since = since;
    this.left = secondsLeft(since, span, Date.now());
    const timer = setInterval(() => this.#tick(), 1000);
    onDestroy(() => clearInterval(timer));
  }

  /** From the full span again. */
  restart(): void {
    this.#since = Date.now();
    this.left = secondsLeft(this.#since, this.span, this.#since);
  }

  #tick(): void {
    const before = this.left;
    this.left = secondsLeft(this.#since, this.span, Date.now());
    if (before > 0 && this.left === 0) this.onEnd();
  }
}
