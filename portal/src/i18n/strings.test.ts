import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FluentBundle, FluentResource } from '@fluent/bundle';
import { parse, type Entry } from '@fluent/syntax';
import { describe, expect, test } from 'vitest';
import { LANGUAGE_CODES } from './languages';

const SOURCE = join(__dirname, '..');
const LOCALES = join(__dirname, '../../../shared/locales');
const FILES = ['portal.ftl', 'staff.ftl', 'access.ftl'] as const;

const read = (language: string, file: string) => readFileSync(join(LOCALES, language, file), 'utf8');
const entries = (language: string, file: string): Entry[] => parse(read(language, file), {}).body as Entry[];
const keys = (language: string, file: string) =>
  entries(language, file).flatMap((entry) => (entry.type === 'Message' ? [entry.id.name] : []));

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((item) => {
    const path = join(folder, item.name);
    if (item.isDirectory()) return sources(path);
    return /\.(svelte|ts)$/.test(item.name) && !/\.(test|d)\.ts$/.test(item.name) ? [readFileSync(path, 'utf8')] : [];
  });
}

/** Every quoted word in the sources: keys stand in maps as well as in calls of `t`. */
const words = new Set(
  sources(SOURCE).flatMap((text) => [...text.matchAll(/['"`]([a-z][a-z0-9_-]*)['"`]/g)].map((match) => match[1])),
);
const called = sources(SOURCE).flatMap((text) => [...text.matchAll(/\bt\(\s*['"]([^'"]+)['"]/g)].map((match) => match[1]));

/** Names of the values a message takes. */
function variables(language: string, file: string): Map<string, string> {
  return new Map(
    entries(language, file).flatMap((entry) => {
      if (entry.type !== 'Message') return [];
      const names = [...JSON.stringify(entry).matchAll(/"type":"VariableReference","id":\{"type":"Identifier","name":"(\w+)"/g)];
      return [[entry.id.name, [...new Set(names.map((match) => match[1]))].sort().join(' ')] as const];
    }),
  );
}

describe.each(FILES)('%s', (file) => {
  test.each(LANGUAGE_CODES)('%s parses without junk and without a key twice', (language) => {
    expect(entries(language, file).filter((entry) => entry.type === 'Junk')).toEqual([]);
    const all = keys(language, file);
    expect(new Set(all).size).toBe(all.length);
  });

  test.each(LANGUAGE_CODES)('%s has the keys of English, with the same values, in the same order', (language) => {
    expect(keys(language, file)).toEqual(keys('en', file));
    expect(variables(language, file)).toEqual(variables('en', file));
  });

  test.each(LANGUAGE_CODES)('%s says for every group who reviewed it', (language) => {
    let isMarked = false;
    for (const entry of entries(language, file)) {
      if (entry.type === 'GroupComment') isMarked = false;
      if (entry.type === 'Comment' && /^review: (human-reviewed|machine)$/.test(entry.content ?? '')) isMarked = true;
      if (entry.type === 'Message') expect(isMarked, entry.id.name).toBe(true);
    }
  });

  test.each(LANGUAGE_CODES)('%s formats every message', (language) => {
    const bundle = new FluentBundle(language);
    bundle.addResource(new FluentResource(read(language, file)));
    const values = Object.fromEntries([...variables(language, file).values()].flatMap((names) => names.split(' ')).map((name) => [name, 2]));
    for (const key of keys(language, file)) {
      const errors: Error[] = [];
      const message = bundle.getMessage(key);
      expect(message?.value, key).toBeTruthy();
      if (message?.value != null) bundle.formatPattern(message.value, values, errors);
      expect(errors, key).toEqual([]);
    }
  });

  test('holds no key that nothing uses', () => {
    expect(keys('en', file).filter((key) => !words.has(key))).toEqual([]);
  });
});

test('every key that the sources ask for exists', () => {
  const known = new Set(FILES.flatMap((file) => keys('en', file)));
  expect(called.filter((key) => key !== undefined && !known.has(key))).toEqual([]);
});

test('the patient pages use no string of the console', () => {
  const staff = new Set(keys('en', 'staff.ftl'));
  const patient = [...sources(join(SOURCE, 'patient')), ...sources(join(SOURCE, 'parts')), ...sources(join(SOURCE, 'lib'))];
  const used = patient.flatMap((text) => [...text.matchAll(/['"]([a-z][a-z0-9_-]*)['"]/g)].map((match) => match[1]));
  expect(used.filter((key) => key !== undefined && staff.has(key))).toEqual([]);
});
