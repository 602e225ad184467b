/** Who reads, and for whom: one account may act for several people. */
import type { Session } from '../api/types';
import { t } from '../i18n/i18n.svelte';

/** `Maria Lopez`, or `Rosa Vega for Luis Vega` where the session is about somebody else. */
export function readerText(session: Session | null): string {
  if (session === null) return '';
  const others = session.patients.filter((patient) => patient.relation !== 'self');
  const isOnlyForOthers = others.length > 0 && others.length === session.patients.length;
  if (!isOnlyForOthers) return session.account.name;
  return t('for-whom', { reader: session.account.name, patient: others.map((patient) => patient.name).join(', ') });
}

/** Whom a conversation is about: `Rosa Vega for Luis Vega`, `For Rosa Vega`, or nothing where there is no doubt. */
export function aboutText(session: Session | null, patient: { id: string; name: string }): string {
  if (session === null || !showsPatients(session)) return '';
  const known = session.patients.find((one) => one.id === patient.id);
  if (known === undefined || known.relation === 'self') return t('conversation-for', { patient: patient.name });
  return t('for-whom', { reader: session.account.name, patient: patient.name });
}

/** True where pages must say which patient something is about. */
export function showsPatients(session: Session | null): boolean {
  return session !== null && (session.patients.length > 1 || session.patients.some((one) => one.relation !== 'self'));
}
