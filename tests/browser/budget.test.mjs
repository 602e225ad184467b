/** What the built pages weigh, what they ask of a browser, and what they must not hold. No browser needed. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { parse } from 'acorn';

const DIST = fileURLToPath(new URL('../../portal/dist/', import.meta.url));
const PATIENT_SCRIPT_BUDGET_BYTES = 60_000;

const read = (path) => readFileSync(DIST + path.replace(/^\//, ''), 'utf8');
const SCRIPTS = readdirSync(`${DIST}assets`).filter((name) => name.endsWith('.js'));

/** The scripts that this one names: loaded with it, and only once something asks for them. */
function importsOf(name) {
  const found = { withIt: [], later: [] };
  const visit = (node) => {
    if (node === null || typeof node !== 'object') return;
    const source = node.source ?? {};
    // Any text, also one in backticks: see what a minifier does.
    const path = source.value ?? source.quasis?.[0]?.value.cooked;
    if (node.type === 'ImportExpression') {
      assert.equal(typeof path, 'string', `${name} imports what this test cannot follow`);
      found.later.push(basename(path));
    } else if (/^(Import|Export\w+)Declaration$/.test(node.type ?? '') && path != null) found.withIt.push(basename(path));
    for (const child of Object.values(node)) visit(child);
  };
  visit(parse(read(`assets/${name}`), { ecmaVersion: 2022, sourceType: 'module' }));
  return found;
}

/** These scripts, and all that they load with them. */
function withImports(names, found = new Set()) {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    withImports(importsOf(name).withIt, found);
  }
  return [...found];
}

/** The scripts that a page loads before it shows anything. */
function firstScriptsOf(page) {
  return withImports([...read(page).matchAll(/assets\/([\w.-]+\.js)/g)].map((match) => match[1]));
}

/** Every script a page can load, at once or later. */
function scriptsOf(page) {
  const found = firstScriptsOf(page);
  for (const name of found) found.push(...withImports(importsOf(name).later).filter((one) => !found.includes(one)));
  return found;
}

const weigh = (names, compress) => names.reduce((total, name) => total + compress(read(`assets/${name}`)).length, 0);
const gzip = (names) => weigh(names, (text) => gzipSync(text, { level: 9 }));
const brotli = (names) => weigh(names, brotliCompressSync);

/**
 * Each page has 60 kB, with everything that is loaded to see it. All pages on the way from a notice to its message and the
 * answer are in the first script and counted together, with the larger language; so are signing in by a code, a proof asked
 * for in between, and every page of trouble. A page of `SELDOM` is loaded when somebody opens it, and counted with all of
 * the first script. Nothing on the way of a message belongs into that list: there it would cost a slow phone one more wait.
 */
const SELDOM = ['AccessLog', 'Devices'];

test('each patient page loads at most 60 kB of compressed script', () => {
  const first = firstScriptsOf('index.html');
  const later = scriptsOf('index.html').filter((name) => !first.includes(name));
  // Strings of every page, and those that one page alone loads with it.
  const languages = later.filter((name) => name.startsWith('portal-'));
  const others = later.filter((name) => name.startsWith('access-'));
  assert.ok(languages.length >= 2, 'languages are files of their own');
  const largest = languages.sort((one, other) => gzip([other]) - gzip([one]))[0];
  const pages = [...new Set(scriptsOf('index.html').flatMap((name) => importsOf(name).later))].filter((name) => !languages.includes(name) && !others.includes(name));
  assert.deepEqual(pages.map((name) => name.split('-')[0]).sort(), SELDOM);

  const always = [...first, largest];
  for (const [what, names] of [['messages', always], ...pages.map((name) => [name.split('-')[0], withImports([...always, name, ...(name.startsWith('AccessLog') ? others.slice(0, 1) : [])])])]) {
    console.log(`    ${what}: ${gzip(names)} bytes gzip, ${brotli(names)} bytes brotli, in ${names.length} files`);
    assert.ok(gzip(names) <= PATIENT_SCRIPT_BUDGET_BYTES, `${what}: ${gzip(names)} bytes`);
  }
});

test('patients load nothing of the console', () => {
  const ofConsole = /["'`]\/v1\/(?:patients|staff|practice|factors|totp)\b/;
  const holds = (page) => scriptsOf(page).some((name) => ofConsole.test(read(`assets/${name}`)));
  assert.ok(holds('staff/index.html'), 'the console calls these');
  assert.ok(!holds('index.html'));
  const shared = scriptsOf('staff/index.html').filter((name) => scriptsOf('index.html').includes(name));
  assert.deepEqual([...new Set(shared.map((name) => name.split('-')[0]))].sort(), ['access', 'portal'], 'they share strings alone');
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
