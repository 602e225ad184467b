import { beforeEach, describe, expect, test } from 'vitest';
import { pollDelay, Poller, type PollerHost } from './polling';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

test('the schedule', () => {
  expect(pollDelay(0)).toBe(4.5 * SECOND);
  expect(pollDelay(2 * MINUTE - 1)).toBe(4.5 * SECOND);
  expect(pollDelay(2 * MINUTE)).toBe(15 * SECOND);
  expect(pollDelay(10 * MINUTE - 1)).toBe(15 * SECOND);
  expect(pollDelay(10 * MINUTE)).toBe(60 * SECOND);
});

/** A clock that runs only when told, and lets promises settle between timers. */
class FakeHost implements PollerHost {
  time = 0;
  isHidden = false;
  timers: { at: number; run: () => void }[] = [];
  visibility: (() => void)[] = [];
  inputs: (() => void)[] = [];

  now = () => this.time;
  hidden = () => this.isHidden;
  onVisibilityChange = (listener: () => void) => this.#add(this.visibility, listener);
  onInput = (listener: () => void) => this.#add(this.inputs, listener);
  setTimer = (run: () => void, delay: number) => {
    const timer = { at: this.time + delay, run };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  };

  #add(list: (() => void)[], listener: () => void): () => void {
    list.push(listener);
    return () => list.splice(list.indexOf(listener), 1);
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      const next = this.timers.filter((one) => one.at <= end).sort((one, other) => one.at - other.at)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((one) => one !== next);
      this.time = next.at;
      next.run();
      for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    }
    this.time = end;
  }

  hide(isHidden: boolean): void {
    this.isHidden = isHidden;
    for (const listener of [...this.visibility]) listener();
  }

  input(): void {
    for (const listener of [...this.inputs]) listener();
  }
}

describe('Poller', () => {
  let host: FakeHost;
  let polls: { at: number; active: boolean }[];
  let isNew: boolean;
  let poller: Poller;

  beforeEach(() => {
    host = new FakeHost();
    polls = [];
    isNew = false;
    poller = new Poller(async (active) => {
      polls.push({ at: host.time, active });
      return isNew;
    }, host);
  });

  test('slows down when nothing happens', async () => {
    const within = async (minutes: number) => {
      polls.length = 0;
      await host.advance(minutes * MINUTE);
      return polls.length;
    };
    expect(await within(2)).toBe(26);
    expect(await within(8)).toBe(32);
    expect(await within(10)).toBe(10);
  });

  test('asks nothing while hidden and at once when seen again', async () => {
    host.hide(true);
    await host.advance(60 * MINUTE);
    expect(polls).toEqual([]);
    host.hide(false);
    expect(polls).toHaveLength(1);
  });

  test('something new, and input, make it quick again', async () => {
    await host.advance(30 * MINUTE);
    polls.length = 0;
    host.input();
    await host.advance(10 * SECOND);
    expect(polls).toHaveLength(2);
    await host.advance(30 * MINUTE);
    isNew = true;
    await host.advance(MINUTE);
    isNew = false;
    polls.length = 0;
    await host.advance(20 * SECOND);
    expect(polls.length).toBeGreaterThanOrEqual(4);
  });

  test('says that a person is there only after input, once a minute', async () => {
    await host.advance(5 * MINUTE);
    expect(polls.every((poll) => !poll.active)).toBe(true);
    polls.length = 0;
    for (let turn = 0; turn < 24; turn += 1) {
      host.input();
      await host.advance(5 * SECOND);
    }
    const active = polls.filter((poll) => poll.active).length;
    expect(active).toBeGreaterThanOrEqual(2);
    expect(active).toBeLessThanOrEqual(3);
  });

  test('stops', async () => {
    poller.stop();
    host.hide(true);
    host.hide(false);
    host.input();
    await host.advance(10 * MINUTE);
    expect(polls).toEqual([]);
  });
});
