/** That somebody has just sent words which may mean an emergency: the page asks them to call. */
import { mayBeUrgent } from './redFlags';

let isAsked = $state(false);

/** Asks to call if the words of a message may mean an emergency. The message is sent all the same. */
export function askToCall(text: string): void {
  if (mayBeUrgent(text)) isAsked = true;
}

/** Whether the page asks to call. */
export function isCallAsked(): boolean {
  return isAsked;
}

/** They have seen it. */
export function callSeen(): void {
  isAsked = false;
}
