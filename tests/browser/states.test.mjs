/**
 * The pages of states that take long to reach, or a broken browser: too many tries, nothing came, a code used up, no cookies.
 * Answers that a real run gives at once are real; the others are put in the way here.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { look, overflow, showsText, startBrowser, withoutCookies } from './support/browser.mjs';
import { askForCode, PEOPLE, signInByCode, signInStaff, typeBirthDate, writeTo } from './support/people.mjs';
import { codeIn, hasCode, isNotice, linkIn, startProduct } from './support/product.mjs';

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
const SECRET = 'AAAAAAAAAAAAAAAAAAAAAA';

let product;
let browser;
let notice;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  const staff = await browser.person({ viewport: { width: 1280, height: 800 } });
  await signInStaff(staff, product);
  await writeTo(staff, product, PEOPLE.john.name, 'prescription', 'Your prescription is ready.');
  await staff.context().close();
  notice = linkIn(await product.sentTo(PEOPLE.john.email, 0, isNotice));
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});
afterEach(() => browser.assertQuiet());

const tooMany = (seconds) => (route) =>
  route.fulfill({ status: 429, headers: { 'retry-after': String(seconds) }, json: { message: 'Too Many Requests' } });

/** Makes the page believe that this much time has passed. */
const later = (page, milliseconds) =>
  page.evaluate((by) => {
    const now = Date.now;
    Date.now = () => now() + by;
  }, milliseconds);

test('too many tries: when it opens again, in both languages', async () => {
  const page = await browser.person({ ...PHONE, expectedStatus: [429] });
  await page.route('**/v1/sessions', tooMany(700));
  await page.goto(`${product.origin}/n?l=en#t=${SECRET}`);
  await typeBirthDate(page, PEOPLE.john.birth);
  await page.click('form button[type=submit]');
  await showsText(page, '.error-summary', /try again in 12 minutes, or call us/);
  await look(page, 'too-many');
  await page.click('.language[lang=es]');
  await page.unroute('**/v1/sessions');
  await page.route('**/v1/sessions', tooMany(20 * 3600));
  await page.click('form button[type=submit]');
  await showsText(page, '.error-summary', /otra vez en 20 horas, o llamarnos/);
  await page.context().close();
});

test('nothing came after a minute: what was typed, the other ways, and whom to call', async () => {
  const page = await browser.person(PHONE);
  await askForCode(page, product.origin, PEOPLE.john.email);
  await showsText(page, '.wait', /^You can ask again in \d+ seconds?$/);
  assert.equal(await page.getAttribute('#code', 'autocomplete'), 'one-time-code');
  assert.equal(await page.getAttribute('#code', 'inputmode'), 'numeric');
  await later(page, 61_000);
  await page.waitForSelector('h2:has-text("Nothing after a minute?")');
  await showsText(page, '.ways', /john@patients\.test.*mobile phone number.*\(555\) 555-0100/s);
  await showsText(page, '[role=status]', 'Nothing after a minute?');
  await look(page, 'nothing-came');
  await page.context().close();
});

test('after five wrong codes only a new one works, by one press', async () => {
  const page = await browser.person(PHONE);
  const before = await product.countTo(PEOPLE.john.email);
  await askForCode(page, product.origin, PEOPLE.john.email);
  const first = codeIn(await product.sentTo(PEOPLE.john.email, before, hasCode));
  for (let tries = 0; tries < 5; tries += 1) {
    await page.fill('#code', first === `0000000${tries}` ? '11111111' : `0000000${tries}`);
    await page.click('form button[type=submit]');
    await page.waitForSelector('.error-summary, h1:has-text("This code is locked")');
    await page.waitForSelector('form button:not([aria-disabled]), h1:has-text("This code is locked")');
  }
  await page.waitForSelector('h1:has-text("This code is locked")');
  await look(page, 'code-locked');
  const again = await product.countTo(PEOPLE.john.email);
  await page.click('main .button-primary');
  await page.waitForSelector('#code');
  // As phones paste it: with words around.
  await page.fill('#code', `Code: ${codeIn(await product.sentTo(PEOPLE.john.email, again, hasCode))}`);
  await page.click('form button[type=submit]');
  await page.waitForSelector('#birth-day');
  await page.context().close();
});

test('an old code has its own words', async () => {
  const page = await browser.person(PHONE);
  await askForCode(page, product.origin, 'nobody@patients.test');
  await later(page, 11 * 60_000);
  await page.fill('#code', '12345678');
  await page.click('form button[type=submit]');
  await showsText(page, '.error-summary', /codes work for 10 minutes/);
  await page.context().close();
});

test('links of every kind without their secret lead on', async () => {
  const page = await browser.person(PHONE);
  await page.goto(`${product.origin}/r`);
  await page.waitForSelector('h1:has-text("This link is not complete")');
  await page.goto(`${product.origin}/d`);
  await page.waitForSelector('h1:has-text("This link is not complete")');
  await showsText(page, 'main', /Scan the code on the screen of the desk/);
  await page.context().close();
});

test('an asked-for link that is too old, or was used, asks for no birth date', async () => {
  const page = await browser.person(PHONE);
  const before = await product.countTo(PEOPLE.john.email);
  await askForCode(page, product.origin, PEOPLE.john.email);
  const link = linkIn(await product.sentTo(PEOPLE.john.email, before, hasCode));
  await page.goto(link);
  await page.waitForSelector('h1:has-text("Sign in to read your messages")');
  await later(page, 10 * 60_000);
  await page.click('main .button-primary');
  await page.waitForSelector('h1:has-text("This link does not work here")');
  await look(page, 'link-over');
  const sent = await product.countTo(PEOPLE.john.email);
  await page.click('main .button-primary');
  await page.waitForSelector('#code');
  await page.goto(linkIn(await product.sentTo(PEOPLE.john.email, sent, hasCode)));
  await page.click('main .button-primary');
  await typeBirthDate(page, PEOPLE.john.birth);
  await page.click('form button[type=submit]');
  await page.waitForSelector('.conversation');
  await page.goto(link);
  await page.waitForSelector('h1:has-text("This link does not work here")');
  await page.context().close();
});

const stepUp = (page) =>
  page.route('**/v1/devices', (route) =>
    route.request().method() === 'POST'
      ? route.fulfill({ status: 403, json: { type: '/problems/step-up-required' } })
      : route.fallback(),
  );

test('where no proof is enough it is asked for once, and the practice’s phone stands there', async () => {
  const page = await browser.person({ ...PHONE, expectedStatus: [403] });
  await signInByCode(page, product, PEOPLE.john.email, PEOPLE.john.birth);
  await page.click('.conversation');
  await page.waitForSelector('.message');
  await stepUp(page);
  await page.route('**/v1/session/step-up-codes', (route) => route.fulfill({ status: 202, json: { sent_to: 'j***@p***.test' } }));
  const session = await (await page.request.get(`${product.origin}/v1/session`)).json();
  await page.route('**/v1/session/step-up', (route) => route.fulfill({ status: 200, json: session }));
  await page.click('.offer .button-secondary');
  await page.fill('#code', '12345678');
  await page.click('form:has(#code) button[type=submit]');
  await showsText(page, '[role=alert]', /the practice has to confirm it first.*\(555\) 555-0100/s);
  await look(page, 'step-up-in-vain');
  await page.click('.back button');
  await page.waitForSelector('.offer .button-secondary');
  await page.context().close();
});

test('where no code can go, the practice’s phone stands there', async () => {
  const page = await browser.person({ ...PHONE, expectedStatus: [403, 409] });
  await signInByCode(page, product, PEOPLE.john.email, PEOPLE.john.birth);
  await page.click('.conversation');
  await page.waitForSelector('.message');
  await stepUp(page);
  await page.route('**/v1/session/step-up-codes', (route) => route.fulfill({ status: 409, json: { type: '/problems/conflict' } }));
  await page.click('.offer .button-secondary');
  await showsText(page, '[role=alert]', /no e-mail or phone.*\(555\) 555-0100/s);
  await look(page, 'step-up-nowhere');
  await page.context().close();
});

test('a device that was forgotten elsewhere: the date form, without an error, and no second try by press', async () => {
  const page = await browser.person(PHONE);
  await page.context().addCookies([{ name: '__Host-known', value: '1', domain: 'localhost', path: '/', secure: true, sameSite: 'Lax' }]);
  const link = `${product.origin}/n?l=en#t=${SECRET}`;
  await page.goto(link);
  await page.click('main .button-primary');
  await page.waitForSelector('#birth-day');
  await showsText(page, '.lead', /To keep it private, first type your birth date/);
  assert.equal((await page.context().cookies()).some((cookie) => cookie.name === '__Host-known'), false);
  await look(page, 'notice-forgotten');
  await page.reload();
  await page.waitForSelector('#birth-day');
  await page.context().close();
});

test('the pages of links do nothing before a press', async () => {
  const page = await browser.person(PHONE);
  const writes = [];
  page.on('request', (request) => request.method() !== 'GET' && writes.push(request.url()));
  for (const path of ['/d', '/r', '/l', '/n']) {
    await page.goto(`${product.origin}${path}#t=${SECRET}`);
    await page.waitForSelector('h1');
    assert.equal(new URL(page.url()).hash, '');
    if (path === '/d') await look(page, 'connect');
    if (path === '/r') await look(page, 'revoke');
  }
  await page.waitForTimeout(300);
  assert.deepEqual(writes, []);
  await page.context().close();
});

test('a browser that keeps no cookies says so after the sign-in, and how to go on', async () => {
  const page = await browser.person({ ...PHONE, expectedStatus: [400] });
  await page.route('**/v1/**', withoutCookies);
  await page.goto(notice);
  await typeBirthDate(page, PEOPLE.john.birth);
  await page.click('form button[type=submit]');
  await page.waitForSelector('h1:has-text("This browser cannot keep you signed in")');
  assert.equal(await page.inputValue('#link'), notice.replace(/\?[^#]*/, ''));
  await look(page, 'no-cookies');
  await page.context().close();
});

test('cookies switched off are told before anything is typed', async () => {
  const page = await browser.person(PHONE);
  await page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'cookieEnabled', { get: () => false }));
  await page.goto(notice);
  await page.waitForSelector('h1:has-text("This browser cannot keep you signed in")');
  assert.equal(await page.inputValue('#link'), notice.replace(/\?[^#]*/, ''));
  await page.context().close();
});

test('letters as large as people set them: lines do not touch, and nothing scrolls sideways', async () => {
  const page = await browser.person({ ...PHONE, viewport: { width: 320, height: 640 }, locale: 'es-US' });
  for (const path of ['/', `/n?l=es#t=${SECRET}`, `/d#t=${SECRET}`]) {
    await page.goto(product.origin + path);
    await page.waitForSelector('main .button-primary');
    await page.evaluate(() => (document.documentElement.style.fontSize = '200%'));
    assert.equal(await overflow(page), 0, path);
    const tight = await page.evaluate(() =>
      [...document.querySelectorAll('button, a, p, h1, label, input, select')]
        .filter((one) => parseFloat(getComputedStyle(one).lineHeight) < 1.15 * parseFloat(getComputedStyle(one).fontSize))
        .map((one) => one.outerHTML),
    );
    assert.deepEqual(tight, [], path);
  }
  await page.context().close();
});
