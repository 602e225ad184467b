import { ApiError, failureFrom, type Failure } from '../api/client';
import { t } from '../i18n/i18n.svelte';
import { waitOf } from '../lib/wait';

/** Words for a failure that has no better ones of its own. */
export function failureText(failure: Failure): string {
  switch (failure) {
    case 'offline':
      return t('error-offline');
    case 'busy':
      return t('error-busy');
    case 'too_many':
      return t('error-too-many');
    case 'invalid':
      return t('error-invalid');
    case 'signed_out':
    case 'locked':
      return t('ended-title');
    case 'step_up':
      return t('error-step-up');
    case 'forbidden':
    case 'not_found':
      return t('not-found-text');
    case 'refused':
    case 'failed':
      return t('error-failed');
  }
}

/** Words for anything thrown by a call: where somebody has to wait, for how long. */
export function problemText(error: unknown): string {
  if (error instanceof ApiError && error.failure === 'too_many' && error.retryAfter !== null) {
    const { unit, count } = waitOf(error.retryAfter);
    return t(unit === 'minutes' ? 'too-many-minutes' : 'too-many-hours', { count });
  }
  return failureText(failureFrom(error));
}
