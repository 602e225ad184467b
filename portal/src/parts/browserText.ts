/** A browser in words that its owner recognises. */
import { t } from '../i18n/i18n.svelte';

export interface BrowserNames {
  program?: string | null;
  system?: string | null;
}

/** `Chrome on Windows`, as far as both are known. */
export function browserText({ program, system }: BrowserNames): string {
  if (program != null && system != null) return t('browser-both', { program, system });
  if (program != null) return t('browser-program', { program });
  return system == null ? t('browser-unknown') : t('browser-system', { system });
}
