/** Acts that need a fresh proof: one dialog asks for it, then the act is done. */
import { whenAsked } from '../api/client';
import type { Session } from '../api/types';
import { setSession } from '../lib/session.svelte';

let asking = $state(false);
let waiting: ((isProven: boolean) => void)[] = [];

export function isAskingProof(): boolean {
  return asking;
}

function ask(): Promise<boolean> {
  asking = true;
  return new Promise((resolve) => waiting.push(resolve));
}

function done(isProven: boolean): void {
  const resolved = waiting;
  waiting = [];
  asking = false;
  for (const resolve of resolved) resolve(isProven);
}

/** The proof was accepted. */
export function proven(session: Session): void {
  setSession(session);
  done(true);
}

/** The person closed the dialog: the act is not done. */
export function notProven(): void {
  done(false);
}

export function startStepUp(): void {
  whenAsked('step-up-required', ask);
}
