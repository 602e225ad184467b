/** Whether this phone or computer skips the birth date, as far as the browser knows by itself. */
import { call } from '../api/client';
import type { Session } from '../api/types';
import { keep, recall } from '../lib/browserMemory';
import { loadSession } from '../lib/session.svelte';

/** Set beside the secret by the server, which alone can keep it for months; it says nothing more than its name. */
const COOKIE = /(?:^|;\s*)__Host-known=1(?:;|$)/;

/** True when one press will probably open a notice. */
export function isRemembered(): boolean {
  return recall('remembered') !== null || COOKIE.test(document.cookie);
}

/** This browser is known no more: one press alone opens nothing. What the server keeps is not touched. */
export function forgetRemembered(): void {
  keep('remembered', null);
  document.cookie = '__Host-known=; Path=/; Secure; SameSite=Lax; Max-Age=0';
}

/** Takes over what a session says of it. */
export function noteDevice(session: Session): void {
  keep('remembered', session.device === 'remembered' ? '1' : null);
}

/** Remembers this device. What asks for a fresh proof on the way has its own page. */
export async function rememberDevice(): Promise<void> {
  await call('post', '/v1/devices', { body: { shared: false } });
  keep('remembered', '1');
  keep('remember-offer', null);
  await loadSession();
}

/** `phone` or `computer`: the word for what the person holds. */
export function deviceKind(): 'phone' | 'computer' {
  return matchMedia('(pointer: coarse)').matches ? 'phone' : 'computer';
}
