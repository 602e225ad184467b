/** What the built pages weigh, what they ask of a browser, and what they must not hold. No browser needed. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { parse } from 'acorn';

const DIST = fileURLToPath(new URL('../../portal/dist/', import.meta.url));
const PATIENT_SCRIPT_BUDGET_BYTES = 60_000;

const read = (path) => readFileSync(DIST + path.replace(/^\//, ''), 'utf8');
const SCRIPTS = readdirSync(`${DIST}assets`).filter((name) => name.endsWith('.js'));

/** Every script a page can load: what it names, and whatever those import, at once or later. */
function scriptsOf(page) {
  const found = new Set();
  const visit = (name) => {
    if (found.has(name) || !SCRIPTS.includes(name)) return;
    found.add(name);
    for (const match of read(`assets/${name}`).matchAll(/["'`](?:\.\/|assets\/)([\w.-]+\.js)["'`]/g)) visit(match[1]);
  };
  for (const match of read(page).matchAll(/assets\/([\w.-]+\.js)/g)) visit(match[1]);
  return [...found];
}

test('the patient pages load at most 60 kB of compressed script', () => {
  const scripts = scriptsOf('index.html');
  // One language is loaded, the others are not: count the largest.
  const languages = scripts.filter((name) => name.startsWith('portal-'));
  const largest = languages.sort((one, other) => read(`assets/${other}`).length - read(`assets/${one}`).length)[0];
  const loaded = scripts.filter((name) => !languages.includes(name) || name === largest);
  const sum = (compress) => loaded.reduce((total, name) => total + compress(read(`assets/${name}`)).length, 0);
  const gzip = sum((text) => gzipSync(text, { level: 9 }));
  const brotli = sum((text) => brotliCompressSync(text));
  console.log(`    patient script: ${gzip} bytes gzip, ${brotli} bytes brotli, in ${loaded.length} files`);
  assert.ok(languages.length >= 2, 'languages are files of their own');
  assert.ok(gzip <= PATIENT_SCRIPT_BUDGET_BYTES, `${gzip} bytes`);
});

test('patients load nothing of the console', () => {
  const staff = scriptsOf('staff/index.html').filter((name) => name.startsWith('staff-'));
  assert.ok(staff.length > 0);
  assert.deepEqual(scriptsOf('index.html').filter((name) => staff.includes(name)), []);
});

/** Syntax and calls that came after iOS 13.0 or Chrome 80. */
const TOO_NEW_NODES = new Set(['ChainExpression', 'PrivateIdentifier', 'PropertyDefinition', 'StaticBlock', 'BigIntLiteral']);
const TOO_NEW_OPERATORS = new Set(['??', '??=', '||=', '&&=']);
const TOO_NEW_CALLS = new Set(['at', 'replaceChildren', 'hasOwn', 'randomUUID', 'findLast', 'toSorted', 'withResolvers']);
const TOO_NEW_NAMES = new Set(['WeakRef', 'structuredClone', 'FinalizationRegistry']);

function tooNew(node, found = new Set()) {
  if (node === null || typeof node !== 'object') return found;
  if (TOO_NEW_NODES.has(node.type)) found.add(node.type);
  if (TOO_NEW_OPERATORS.has(node.operator)) found.add(node.operator);
  if (node.type === 'Identifier' && TOO_NEW_NAMES.has(node.name)) found.add(node.name);
  if (node.type === 'CallExpression' && node.callee.type === 'MemberExpression' && TOO_NEW_CALLS.has(node.callee.property.name)) {
    found.add(node.callee.property.name);
  }
  for (const child of Object.values(node)) tooNew(child, found);
  return found;
}

test('scripts run on iOS 13 and Chrome 80', () => {
  for (const name of SCRIPTS) {
    const tree = parse(read(`assets/${name}`), { ecmaVersion: 2022, sourceType: 'module' });
    assert.deepEqual([...tooNew(tree)], [], name);
  }
});

test('pages hold nothing inline, nothing foreign and nothing for link previews', () => {
  for (const page of ['index.html', 'staff/index.html']) {
    const html = read(page);
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/, 'a script without a file');
    assert.doesNotMatch(html, /\sstyle=|<style/, 'inline style');
    assert.doesNotMatch(html, /\son[a-z]+=/, 'an inline handler');
    assert.doesNotMatch(html, /og:|twitter:|name="description"/, 'something for previews');
    assert.doesNotMatch(html, /(?:src|href)="(?:https?:)?\/\//, 'something of another host');
    assert.match(html, /name="referrer" content="no-referrer"/);
    assert.match(html, /name="robots" content="noindex/);
  }
  for (const name of SCRIPTS) {
    const hosts = [...read(`assets/${name}`).matchAll(/https?:\/\/([\w.-]+)/g)].map((match) => match[1]);
    // Namespaces, and the addresses that stand in the framework's error texts.
    assert.deepEqual(hosts.filter((host) => !['www.w3.org', 'svelte.dev'].includes(host)), [], name);
  }
});

test('styles know no left and right where a language may turn them', () => {
  for (const name of readdirSync(`${DIST}assets`).filter((one) => one.endsWith('.css'))) {
    const css = read(`assets/${name}`).replace(/\[dir=[^{]*\{[^}]*\}/g, '');
    assert.doesNotMatch(css, /(?:margin|padding|border)-(?:left|right)|text-align:(?:left|right)|float:/, name);
  }
});
