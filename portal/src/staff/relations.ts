import { t } from '../i18n/i18n.svelte';

export const RELATIONS = ['self', 'parent', 'guardian', 'carer'] as const;

const RELATION_KEYS: Record<string, string> = {
  self: 'relation-self',
  parent: 'relation-parent',
  guardian: 'relation-guardian',
  carer: 'relation-carer',
};

/** How somebody is related to the patient, in words. */
export function relationText(relation: string): string {
  return relation in RELATION_KEYS ? t(RELATION_KEYS[relation] ?? '') : relation;
}
