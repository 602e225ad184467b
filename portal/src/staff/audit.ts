/** What the audit log's events and requests lead to, in words and ids. */
import type { AuditEvent, EvidenceRequest } from '../api/types';
import { t } from '../i18n/i18n.svelte';
import { dateTime } from '../lib/when';

/** The evidence that an event is about, or null. */
export function evidenceOf(event: Pick<AuditEvent, 'object'>): string | null {
  return /\bevd_[0-9a-z]{26}\b/.exec(event.object ?? '')?.[0] ?? null;
}

/** How a request stands. */
export function requestText(request: EvidenceRequest): string {
  switch (request.state) {
    case 'open':
      return t('evidence-open', { until: dateTime(request.open_until ?? '') });
    case 'declined':
      return t('evidence-declined', { name: request.decided_by?.name ?? '', when: dateTime(request.decided_at ?? '') });
    case 'over':
      return t('evidence-over');
    default:
      return request.opens_at == null ? t('evidence-waiting') : t('evidence-alone', { when: dateTime(request.opens_at) });
  }
}
