/** Proofs that staff give: at sign-in, to unlock, and before acts that need a fresh one. */
import { ApiError, call, failureFrom } from '../api/client';
import type { Factors, Session } from '../api/types';
import { t } from '../i18n/i18n.svelte';
import { askPasskey, PasskeyError, type AuthenticationJson } from '../lib/passkey';
import { loadPractice, practice } from '../lib/practice.svelte';
import { problemText } from '../parts/failures';

export type Proof =
  | { passkey: AuthenticationJson }
  | { totp: string }
  | { code: string }
  | { recovery_code: string };

/** Ways to prove who one is, in the order in which they are offered. */
export type Way = 'passkey' | 'totp' | 'mail' | 'recovery_code';

/** The ways of an open session: those that the person set up, or all where that is not known. */
export function waysOf(factors: Factors | null, byMail: boolean, canPasskey: boolean): Way[] {
  const ways: Way[] = [];
  if (canPasskey && (factors === null || factors.passkeys > 0)) ways.push('passkey');
  if (factors === null || factors.totp) ways.push('totp');
  if (byMail || factors === null) ways.push('mail');
  return ways;
}

/** Ways of a sign-in, as the server names them; a passkey only where the browser can. */
export function waysNamed(methods: readonly string[], canPasskey: boolean): Way[] {
  const known: Way[] = ['passkey', 'totp', 'recovery_code'];
  return known.filter((way) => methods.includes(way) && (way !== 'passkey' || canPasskey));
}

/** Sixteen letters and digits as they are printed, `xxxx-xxxx-xxxx-xxxx`, from whatever was typed; null if it cannot be one. */
export function recoveryCode(typed: string): string | null {
  const plain = typed.normalize('NFKC').toLowerCase().replace(/[\s\u2010-\u2015-]/g, '');
  return /^[a-z0-9]{16}$/.test(plain) ? (plain.match(/.{4}/g) ?? []).join('-') : null;
}

/** Options for signing in by passkey, before it is known who comes. */
export async function signInOptions(): Promise<object> {
  if (practice() === null) await loadPractice();
  const slug = practice()?.slug;
  if (slug === undefined) throw new ApiError('offline', 0, '');
  return (await call('post', '/v1/sessions/passkey-options', { body: { practice: slug, for: 'staff' } })).data.publicKey;
}

/** Options for the passkeys of the open or locked session. */
export async function sessionOptions(): Promise<object> {
  return (await call('post', '/v1/session/passkey-options', { body: {}, direct: true })).data.publicKey;
}

/**
 * Gives the second proof of a sign-in. Null where it is not enough yet: a role that asks for a passkey has none, and may
 * make its first one now.
 */
export async function giveSecondFactor(proof: Proof): Promise<Session | null> {
  if ('code' in proof) throw new ApiError('failed', 0, '');
  const answer = await call('post', '/v1/sessions/second-factor', { body: proof });
  return answer.status === 201 ? answer.data : null;
}

/** Proves again who has the session. */
export async function stepUp(proof: Proof): Promise<Session> {
  if ('recovery_code' in proof) throw new ApiError('failed', 0, '');
  return (await call('post', '/v1/session/step-up', { body: proof, direct: true })).data;
}

/** Signs in by passkey alone. */
export async function signInByPasskey(): Promise<Session> {
  const session = await giveSecondFactor({ passkey: await askPasskey(await signInOptions()) });
  if (session === null) throw new ApiError('failed', 0, '');
  return session;
}

/** Why a proof did not work, in words. */
export function proofProblem(error: unknown, way: Way): string {
  if (error instanceof PasskeyError) {
    switch (error.problem) {
      case 'cancelled':
        return t('passkey-cancelled');
      case 'known':
        return t('passkey-known');
      case 'missing':
        return t('passkey-missing');
      case 'failed':
        return t('passkey-failed');
    }
  }
  const failure = failureFrom(error);
  if (failure === 'refused' || failure === 'invalid') {
    const REFUSED: Record<Way, string> = {
      passkey: 'passkey-refused',
      totp: 'totp-refused',
      mail: 'proof-code-refused',
      recovery_code: 'recovery-refused',
    };
    return t(REFUSED[way]);
  }
  return problemText(error);
}

