/** What a language is called in the language of the page. */
import { locale } from '../i18n/i18n.svelte';

/** Languages a patient may read; pages exist in fewer. */
export const PATIENT_LANGUAGES = [
  'en',
  'es',
  'zh-Hans',
  'zh-Hant',
  'vi',
  'ko',
  'tl',
  'ru',
  'ar',
  'ht',
  'fr',
  'pt',
  'pl',
  'de',
  'ja',
  'fa',
] as const;

/** `Spanish` for `es`; the tag itself where the browser knows no name. */
export function languageName(tag: string): string {
  try {
    return new Intl.DisplayNames([locale()], { type: 'language' }).of(tag) ?? tag;
  } catch {
    return tag;
  }
}
