/** Every string a person sees comes from Fluent files through `t`. */
import { FluentBundle, type FluentVariable, type Message } from '@fluent/bundle';
import { choose, LANGUAGES, type Language, type LanguageCode } from './languages';

/** A Fluent file as the build has parsed it: patterns by key. */
export type Strings = Record<string, Message['value']>;
export type Loader = (language: LanguageCode) => Promise<Strings[]>;

const STORAGE_KEY = 'language';

let load: Loader;
let current = $state.raw<{ code: LanguageCode; bundle: FluentBundle } | null>(null);

/** Loads the first language: the address bar's wish, then the last choice, then the browser's. */
export async function startLanguage(loader: Loader): Promise<void> {
  load = loader;
  const asked = new URLSearchParams(location.search).get('l');
  await setLanguage(choose(asked, remembered(), ...navigator.languages));
}

async function bundleOf(code: LanguageCode): Promise<FluentBundle> {
  const bundle = new FluentBundle(LANGUAGES[code].locale);
  for (const strings of await load(code)) {
    bundle.addResource({ body: Object.entries(strings).map(([id, value]) => ({ id, value, attributes: {} })) });
  }
  return bundle;
}

/** Switches the page to another language. */
export async function setLanguage(code: LanguageCode): Promise<void> {
  const language: Language = LANGUAGES[code];
  const bundle = await bundleOf(code);
  current = { code, bundle };
  document.documentElement.lang = code;
  document.documentElement.dir = language.direction;
}

/** Switches and keeps the choice for this browser. */
export async function chooseLanguage(code: LanguageCode): Promise<void> {
  try {
    localStorage.setItem(STORAGE_KEY, code);
  } catch {
    // Storage may be off: the choice then lasts as long as the page.
  }
  await setLanguage(code);
}

/** True when the person chose the language here, or the link did: then the account's language stands back. */
export function isLanguageChosen(): boolean {
  return remembered() !== null || new URLSearchParams(location.search).has('l');
}

function remembered(): string | null {
  try {
    return localStorage.getItem(STORAGE_KEY);
  } catch {
    return null;
  }
}

/** The language of the page. */
export function language(): LanguageCode {
  return current?.code ?? 'en';
}

/** The tag for dates and numbers. */
export function locale(): string {
  return LANGUAGES[language()].locale;
}

/** The string `key`, with its values. A missing key shows itself, and a test makes sure that none is. */
export function t(key: string, values?: Record<string, FluentVariable>): string {
  const message = current?.bundle.getMessage(key);
  if (current === null || message?.value == null) return key;
  return current.bundle.formatPattern(message.value, values);
}

/** `t` in another language than the page's: for what a patient is going to read. */
export async function stringsOf(code: LanguageCode): Promise<typeof t> {
  const bundle = await bundleOf(code);
  return (key, values) => {
    const message = bundle.getMessage(key);
    return message?.value == null ? key : bundle.formatPattern(message.value, values);
  };
}

/** `t` for places that show no marks of direction, such as the window's title. */
export function plain(text: string): string {
  return text.replace(/[\u2066-\u2069]/g, '');
}
