/** A browser whose pages report everything that should not happen, and the looks that every page gets. */
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const SCREENSHOTS = fileURLToPath(new URL('../screenshots', import.meta.url));
const WIDTHS = [
  { width: 320, height: 640 },
  { width: 768, height: 1024 },
  { width: 1280, height: 800 },
];
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const TIMEOUT_MILLISECONDS = 15_000;

/** Answers that pages expect and handle; the browser writes them to the console as errors. */
const EXPECTED_STATUS = new Set([401]);

export async function startBrowser() {
  await mkdir(SCREENSHOTS, { recursive: true });
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS });
  const complaints = [];

  return {
    stop: () => browser.close(),

    /** A page of its own person: no cookie shared with others. */
    async person(options = {}) {
      const context = await browser.newContext({ viewport: { width: 390, height: 780 }, locale: 'en-US', ...options });
      context.setDefaultTimeout(TIMEOUT_MILLISECONDS);
      await watch(context, complaints, new Set([...EXPECTED_STATUS, ...(options.expectedStatus ?? [])]));
      return context.newPage();
    },

    /** Fails if any page so far wrote an error, broke the content security policy or got a wrong answer. */
    assertQuiet() {
      assert.deepEqual(complaints.splice(0), []);
    },
  };
}

async function watch(context, complaints, expectedStatus) {
  await context.exposeFunction('reportViolation', (text) => complaints.push(`content security policy: ${text}`));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) =>
      window.reportViolation(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`),
    );
  });
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(`error on ${page.url()}: ${error.stack}`));
    page.on('console', (message) => {
      // A failed answer is judged by its status below, not by this line.
      if (message.text().startsWith('Failed to load resource')) return;
      if (['error', 'warning'].includes(message.type())) complaints.push(`console on ${page.url()}: ${message.text()}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400 && !expectedStatus.has(response.status())) {
        complaints.push(`${response.status()} ${response.request().method()} ${response.url()}`);
      }
    });
  });
}

/** A route that does what apps with a browser of their own do: the cookies of an answer are dropped. */
export async function withoutCookies(route) {
  const request = route.request();
  const { cookie, ...headers } = request.headers();
  const answer = await fetch(request.url(), { method: request.method(), headers, body: request.postData() ?? undefined });
  const dropped = ['set-cookie', 'content-encoding', 'content-length'];
  const kept = [...answer.headers].filter(([name]) => !dropped.includes(name));
  await route.fulfill({ status: answer.status, headers: Object.fromEntries(kept), body: Buffer.from(await answer.arrayBuffer()) });
}

/** Violations of WCAG and good practice on the page as it stands, contrast included. */
export async function violations(page) {
  // Not a script tag: the policy of the page would refuse it. This runs beside the page.
  await page.evaluate(axe.source);
  const result = await page.evaluate(() =>
    window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
      rules: { 'color-contrast': { enabled: true }, 'target-size': { enabled: true } },
    }),
  );
  return result.violations.map((one) => ({ id: one.id, nodes: one.nodes.map((node) => `${node.html} ${node.failureSummary}`) }));
}

/** How far the page can be scrolled sideways. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** Controls lower than a finger is wide: 48 px for patients, 40 px at a desk. Links inside sentences do not count. */
export function smallTargets(page) {
  return page.evaluate(() => {
    const least = location.pathname.startsWith('/staff') ? 40 : 48;
    const controls = document.querySelectorAll('button, a.button, input, select, textarea, .radio, nav a, .conversation, .inbox-item, .person');
    return [...controls]
      .filter((control) => control.type !== 'radio' && control.type !== 'checkbox')
      .map((control) => ({ text: control.textContent.trim() || control.id, height: control.getBoundingClientRect().height }))
      .filter(({ height }) => height > 0 && Math.round(height) < least)
      .map(({ text, height }) => `${text} ${height}`);
  });
}

/**
 * Looks at a page as people do: at three widths, light and dark. Saves a picture of each width, and fails on
 * any violation or sideways scrolling.
 */
export async function look(page, name) {
  const before = page.viewportSize();
  for (const size of WIDTHS) {
    await page.setViewportSize(size);
    await settled(page);
    assert.equal(await overflow(page), 0, `${name} scrolls sideways at ${size.width} px`);
    await page.screenshot({ path: join(SCREENSHOTS, `${name}-${size.width}.png`), fullPage: true });
    assert.deepEqual(await violations(page), [], `${name} at ${size.width} px`);
    if (!name.startsWith('outbox')) assert.deepEqual(await smallTargets(page), [], `${name} at ${size.width} px`);
  }
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize(WIDTHS[0]);
  await settled(page);
  await page.screenshot({ path: join(SCREENSHOTS, `${name}-dark.png`), fullPage: true });
  assert.deepEqual(await violations(page), [], `${name} in the dark`);
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize(before);
}

/**
 * Fails unless the first fitting element shows the text, or one that fits the pattern, before time is out. Pages fill in as
 * answers arrive: what is there at first may be half of it. Marks of writing direction are not compared.
 */
export async function showsText(page, selector, expected) {
  const fits = (text) => (expected instanceof RegExp ? expected.test(text) : text === expected);
  const end = Date.now() + TIMEOUT_MILLISECONDS;
  for (;;) {
    const text = (await page.textContent(selector)).replace(/[\u2066-\u2069]/g, '').trim();
    if (fits(text)) return;
    if (Date.now() > end) assert.fail(`${selector} shows ${JSON.stringify(text)}, not ${expected}`);
    await page.waitForTimeout(50);
  }
}

/** Waits until fonts and transitions are done, so that colours are the final ones. */
async function settled(page) {
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => undefined)));
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  });
}
