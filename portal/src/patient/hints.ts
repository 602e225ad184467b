/** What stands beside every box for a message. */
import { t } from '../i18n/i18n.svelte';
import { practice } from '../lib/practice.svelte';

/** Who reads it and when, and what to do in an emergency. */
export function composeHint(): string {
  const known = practice();
  if (known === null) return t('compose-hint', { practice: t('your-practice') });
  return `${t('compose-hint', { practice: known.name })} ${t('emergency', { number: known.emergency_number })}`;
}
