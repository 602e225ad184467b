/**
 * By what the person who is signed in can prove who they are, and what the practice has decided about it. Kept for the
 * lock, where the server says nothing.
 */
import { call } from '../api/client';
import type { Factors } from '../api/types';

let factors = $state.raw<Factors | null>(null);
let byMail = $state(false);
/** The age of majority, until the practice's own is known. */
let age = $state(18);

/** Null until they are known. */
export function knownFactors(): Factors | null {
  return factors;
}

/** Whether a code by e-mail will do: in the demonstration only. */
export function mayProveByMail(): boolean {
  return byMail;
}

/** The age at which parents and guardians no longer act for a minor. */
export function ageOfMajority(): number {
  return age;
}

/** Loads them, and whether the practice lets a code by e-mail do. */
export async function loadFactors(): Promise<void> {
  const [own, practice] = await Promise.all([
    call('get', '/v1/factors', {}).catch(() => null),
    call('get', '/v1/practice', {}).catch(() => null),
  ]);
  if (own !== null) factors = own.data;
  if (practice === null) return;
  byMail = practice.data.policies.staff_link_sign_in;
  const { proxy_ends_at_age: ofAge, own_access_age: ownAccess } = practice.data.policies;
  age = Math.min(ofAge, ownAccess ?? ofAge);
}
