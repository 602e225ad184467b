/** The languages of the pages. One more language is one line here and one folder in `shared/locales`. */

export interface Language {
  /** The language's own name for itself. */
  name: string;
  /** For dates and numbers. */
  locale: string;
  direction: 'ltr' | 'rtl';
}

export const LANGUAGES = {
  en: { name: 'English', locale: 'en-US', direction: 'ltr' },
  es: { name: 'Español', locale: 'es-US', direction: 'ltr' },
} as const satisfies Record<string, Language>;

export type LanguageCode = keyof typeof LANGUAGES;

export const LANGUAGE_CODES = Object.keys(LANGUAGES) as LanguageCode[];

/** The supported language of a tag such as `es-MX`, or null. */
export function supported(tag: string | null | undefined): LanguageCode | null {
  const base = (tag ?? '').toLowerCase().split(/[-_]/)[0] ?? '';
  return (LANGUAGE_CODES as string[]).includes(base) ? (base as LanguageCode) : null;
}

/** The first supported one of several wishes, English if none is. */
export function choose(...wishes: (string | null | undefined)[]): LanguageCode {
  for (const wish of wishes) {
    const language = supported(wish);
    if (language !== null) return language;
  }
  return 'en';
}
