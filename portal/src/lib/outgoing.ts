import { newKey } from '../api/client';

/**
 * One thing to be created, with the key that makes a retry safe: the same content keeps its key until it
 * was accepted, other content gets a new one.
 */
export class Outgoing {
  #key = '';
  #content = '';

  keyFor(content: unknown): string {
    const text = JSON.stringify(content);
    if (this.#key === '' || text !== this.#content) {
      this.#key = newKey();
      this.#content = text;
    }
    return this.#key;
  }

  accepted(): void {
    this.#key = '';
    this.#content = '';
  }
}
