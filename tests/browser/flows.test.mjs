/**
 * How people come to their messages, from the notification on: each way as a person would go it, in English and Spanish,
 * with what it costs in taps and typed characters.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { showsText, startBrowser } from './support/browser.mjs';
import { PEOPLE, signInStaff, typeBirthDate, writeTo } from './support/people.mjs';
import { codeIn, hasCode, isNotice, linkIn, startProduct } from './support/product.mjs';
import { Counted, tapsTable } from './support/taps.mjs';

const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true };
/** Who reads in which language; the account of each knows it. */
const READERS = [
  { language: 'en', who: PEOPLE.john, locale: 'en-US' },
  { language: 'es', who: PEOPLE.maria, locale: 'es-US' },
];

let product;
let browser;
let staff;
let written = 0;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  staff = await browser.person({ viewport: { width: 1280, height: 800 } });
  await signInStaff(staff, product);
});
after(async () => {
  console.log(tapsTable());
  await browser?.stop();
  await product?.stop();
});
afterEach(() => browser.assertQuiet());

/** The practice writes; answers with the text and the link of the notice. */
async function noticeTo(who, address = who.email ?? who.phone) {
  const before = await product.countTo(address);
  const text = `Message number ${(written += 1)}.`;
  await writeTo(staff, product, who.name, 'prescription', text);
  return { text, link: linkIn(await product.sentTo(address, before, isNotice)) };
}

const reads = (page, text) => page.waitForSelector(`.message:has-text("${text}")`);
const leave = (page) => page.click('.user-bar button');

/** Asks for a code, as in a step-up that has just sent one, and types it. */
async function typeCode(person, address, before) {
  const code = codeIn(await product.sentTo(address, before, hasCode));
  await person.type('#code', `${code.slice(0, 4)} ${code.slice(4)}`);
  await person.tap('form:has(#code) button[type=submit]');
}

for (const { language, who, locale } of READERS) {
  describe(language, () => {
    const phone = (options = {}) => browser.person({ ...PHONE, locale, ...options });

    test('the first notice: the birth date opens it', async () => {
      const page = await phone();
      const { text, link } = await noticeTo(who);
      const person = new Counted(page, 'first notice', language);
      await person.follow(link);
      await person.birthDate(who.birth);
      await person.send();
      await reads(page, text);
      assert.equal(await page.getAttribute('html', 'lang'), language);
      await page.context().close();
    });

    test('the same link again, a day later, in the same browser', async () => {
      const page = await phone();
      const { text, link } = await noticeTo(who);
      await page.goto(link);
      await typeBirthDate(page, who.birth);
      await page.click('form button[type=submit]');
      await reads(page, text);
      const live = new Counted(page, 'link again, still signed in', language);
      await live.follow(link);
      await live.tap('main .button-primary');
      await reads(page, text);
      assert.deepEqual([live.taps, live.characters], [2, 0]);
      await leave(page);
      await page.waitForSelector('main .button-secondary');
      const person = new Counted(page, 'link again, signed out', language);
      await person.follow(link);
      await person.birthDate(who.birth);
      await person.send();
      await reads(page, text);
      await page.context().close();
    });

    test('a mail scanner was first: it runs the page, presses everything, and spoils nothing', async () => {
      const { text, link } = await noticeTo(who);
      const scanner = await phone();
      const writes = [];
      scanner.on('request', (request) => request.method() !== 'GET' && writes.push(new URL(request.url()).pathname));
      for (let round = 0; round < 2; round += 1) {
        await scanner.goto(link);
        await scanner.waitForSelector('#birth-day');
        for (const button of await scanner.locator('main button').all()) await button.click({ timeout: 2_000 }).catch(() => undefined);
        await typeBirthDate(scanner, ['2000', '1', '1']);
        await scanner.click('form button[type=submit]');
        await scanner.waitForSelector('.error-summary');
      }
      assert.equal((await scanner.context().cookies()).some((cookie) => cookie.name === '__Host-session'), false);
      await scanner.context().close();
      const page = await phone();
      const person = new Counted(page, 'notice after a scanner', language);
      await person.follow(link);
      await person.birthDate(who.birth);
      await person.send();
      await reads(page, text);
      await page.context().close();
    });

    test('signed out for want of input: the draft is kept, and found in a new window', async () => {
      const page = await phone();
      const { text, link } = await noticeTo(who);
      await page.goto(link);
      await typeBirthDate(page, who.birth);
      await page.click('form button[type=submit]');
      await reads(page, text);
      const saved = page.waitForResponse((one) => one.url().endsWith('/draft') && one.request().method() === 'PUT');
      await page.fill('#compose', 'I wanted to say');
      assert.equal((await saved).status(), 204);
      await page.evaluate(() => {
        const now = Date.now;
        Date.now = () => now() + 11 * 60_000;
      });
      await page.waitForSelector('.note');
      assert.equal(await page.locator('.message').count(), 0);
      await showsText(page, '.note', language === 'en' ? /text you did not send is kept/ : /texto que no envió está guardado/);
      const other = await page.context().newPage();
      const person = new Counted(other, 'idle sign-out, back to the draft', language);
      await person.follow(link);
      await person.birthDate(who.birth);
      await person.send();
      await reads(other, text);
      await other.waitForFunction(() => document.querySelector('#compose').value === 'I wanted to say');
      const stored = await other.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]));
      assert.ok(!stored.includes('I wanted'), stored);
      await other.click('.composer button[type=submit]');
      await other.waitForSelector('.message-own:has-text("I wanted to say")');
      await other.reload();
      await reads(other, text);
      assert.equal(await other.inputValue('#compose'), '');
      await page.context().close();
    });

    test('the library’s computer: a code, and nothing stays', async () => {
      const page = await browser.person({ viewport: { width: 1280, height: 800 }, locale });
      const before = await product.countTo(who.email);
      const person = new Counted(page, 'library computer, by code', language);
      await person.follow(product.origin);
      await person.type('#address', who.email);
      await person.send();
      await page.waitForSelector('#code');
      await typeCode(person, who.email, before);
      await person.birthDate(who.birth);
      await person.send();
      await page.waitForSelector('.conversation');
      const cookies = await page.context().cookies();
      assert.equal(cookies.find((cookie) => cookie.name === '__Host-session').expires, -1, 'it ends with the browser');
      assert.equal(cookies.some((cookie) => cookie.name === '__Host-device'), false);
      await person.tap('.user-bar button');
      await page.waitForSelector('main .button-secondary');
      await page.goBack();
      await page.waitForSelector('h1');
      assert.equal(await page.locator('.conversation, .message').count(), 0);
      await page.context().close();
    });
  });
}
