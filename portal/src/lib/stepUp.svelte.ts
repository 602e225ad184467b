/** A proof asked for in between: whoever called waits, and goes on when it was given. */

let settle = $state.raw<((isCleared: boolean) => void) | null>(null);
let asked: Promise<boolean> | null = null;
let isInVain = $state(false);

/** True while the page asks for it. */
export function isStepUpAsked(): boolean {
  return settle !== null;
}

/** True where a proof was given and was not enough: another one would not be either. */
export function isStepUpInVain(): boolean {
  return isInVain;
}

/** Asks once, however many calls wait. Resolves true when the session is full and fresh. */
export function askStepUp(isAgain = false): Promise<boolean> {
  isInVain = isAgain;
  asked ??= new Promise((resolve) => {
    settle = resolve;
  });
  return asked;
}

/** Lets those who wait go on, or tells them that nothing was proven. */
export function endStepUp(isCleared: boolean): void {
  settle?.(isCleared);
  settle = null;
  asked = null;
}
