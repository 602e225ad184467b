/**
 * How people come to their messages, from the notification on: each way as a person would go it, in English and Spanish,
 * with what it costs in taps and typed characters.
 */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { look, showsText, startBrowser, withoutCookies } from './support/browser.mjs';
import { withAuthenticator } from './support/passkeys.mjs';
import { PEOPLE, signInByCode, signInStaff, typeBirthDate, writeTo } from './support/people.mjs';
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

/** Where the next code may come: an address with the count of what was sent there; the step-up chooses. */
async function sentToAny(who) {
  const addresses = [who.email, who.phone].filter((address) => address !== undefined);
  const counts = await Promise.all(addresses.map((address) => product.countTo(address)));
  return addresses.map((address, place) => ({ address, before: counts[place] }));
}

/** Types the code that came to any of these. */
async function typeStepUpCode(person, places) {
  const sent = await Promise.any(places.map(({ address, before }) => product.sentTo(address, before, hasCode)));
  await person.type('#code', codeIn(sent));
  await person.tap('form:has(#code) button[type=submit]');
}

/** What the square code of the desk says, after staff have seen an ID. */
async function deskLink(who) {
  return staff.evaluate(async (name) => {
    const found = await (await fetch(`/v1/patients?q=${encodeURIComponent(name.split(' ')[0])}`)).json();
    const patient = found.items.find((one) => one.name === name);
    const answer = await fetch(`/v1/patients/${patient.id}/device-links`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id_seen: true }),
    });
    return (await answer.json()).url;
  }, who.name);
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

    test('the same link again, in the same browser', async () => {
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
      // It did press: each round asked what the link wants, and offered a date.
      for (const path of ['/v1/sessions', '/v1/sessions/person']) assert.ok(writes.filter((one) => one === path).length >= 2, writes.join());
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
      // The page looks at the clock every ten seconds.
      await page.waitForSelector('.note', { timeout: 40_000 });
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

    test('a remembered phone: offered after reading, then two taps and nothing typed', async () => {
      const page = await phone({ expectedStatus: [403] });
      const first = await noticeTo(who);
      await page.goto(first.link);
      await typeBirthDate(page, who.birth);
      await page.click('form button[type=submit]');
      await reads(page, first.text);
      const others = await sentToAny(who);
      const remembering = new Counted(page, 'remembering the phone', language);
      await remembering.tap('.offer .button-secondary');
      await page.waitForSelector('#code', { state: 'visible' });
      await look(page, `step-up-${language}`);
      await typeStepUpCode(remembering, others);
      await page.waitForSelector('.done-line', { state: 'visible' });
      await reads(page, first.text);
      await leave(page);
      await page.waitForSelector('main .button-secondary');
      // Safari drops what pages keep after a week without a visit; cookies of the server stay.
      await page.evaluate(() => localStorage.clear());
      const { text, link } = await noticeTo(who);
      const person = new Counted(page, 'later notice on a remembered phone', language);
      await person.follow(link);
      await page.waitForSelector('main .button-primary');
      assert.equal(await page.locator('#birth-day').count(), 0);
      await person.tap('main .button-primary');
      await reads(page, text);
      assert.deepEqual([person.taps, person.characters], [2, 0]);
      // Full: the other messages need nothing more.
      await page.click('.back a');
      await page.waitForSelector('.conversation');
      await page.click('a[href="/devices"]');
      await page.waitForSelector('.entry');
      await look(page, `devices-${language}`);
      await page.context().close();
    });

    test('a second browser: refused, and one press sends a fresh link', async () => {
      const first = await phone();
      const { text, link } = await noticeTo(who);
      await first.goto(link);
      await typeBirthDate(first, who.birth);
      await first.click('form button[type=submit]');
      await reads(first, text);
      await first.context().close();
      const page = await phone();
      const before = await product.countTo(who.email);
      const person = new Counted(page, 'second browser, fresh link', language);
      await person.follow(link);
      await person.birthDate(who.birth);
      await person.send();
      await page.waitForSelector('.error-summary');
      await look(page, `notice-refused-${language}`);
      await person.tap('.ways .button-secondary');
      await page.waitForSelector('.done-line');
      await look(page, `notice-resent-${language}`);
      await person.follow(linkIn(await product.sentTo(who.email, before, isNotice)));
      await person.birthDate(who.birth);
      await person.send();
      await reads(page, text);
      await page.context().close();
    });

    test('one conversation only: the rest asks for a code, and goes on after it', async () => {
      const page = await phone({ expectedStatus: [403] });
      const { text, link } = await noticeTo(who);
      await page.goto(link);
      await typeBirthDate(page, who.birth);
      await page.click('form button[type=submit]');
      await reads(page, text);
      await page.fill('#compose', 'Thanks.');
      await page.click('.composer button[type=submit]');
      await page.waitForSelector('.message-own:has-text("Thanks.")');
      const others = await sentToAny(who);
      const person = new Counted(page, 'all messages after a notice', language);
      await person.tap('.back a');
      await page.waitForSelector('#code', { state: 'visible' });
      await page.click('.back button');
      await reads(page, text);
      await page.click('.back a');
      await page.waitForSelector('#code', { state: 'visible' });
      await typeStepUpCode(person, others);
      await page.waitForSelector('.conversation');
      await page.context().close();
    });

    test('the desk: a square code connects the phone, and the next notice takes two taps', async () => {
      const page = await phone();
      const person = new Counted(page, 'desk: connecting the phone', language);
      await person.follow(await deskLink(who));
      await person.tap('main .button-primary');
      await page.waitForSelector('.picture');
      await look(page, `connected-${language}`);
      await person.tap('main a.button-primary');
      await page.waitForSelector('.conversation');
      await leave(page);
      await page.waitForSelector('main .button-secondary');
      const { text, link } = await noticeTo(who);
      const later = new Counted(page, 'desk: the next notice', language);
      await later.follow(link);
      await later.tap('main .button-primary');
      await reads(page, text);
      assert.deepEqual([later.taps, later.characters], [2, 0]);
      await page.context().close();
    });

    test('passkey: added once, then one touch and nothing typed', async () => {
      const page = await phone({ expectedStatus: [403] });
      await withAuthenticator(page);
      const before = await product.countTo(who.email);
      await page.goto(product.origin);
      await page.fill('#address', who.email);
      await page.click('form button[type=submit]');
      await page.waitForSelector('#code');
      await page.fill('#code', codeIn(await product.sentTo(who.email, before, hasCode)));
      await page.click('form button[type=submit]');
      await page.waitForSelector('#birth-day');
      await typeBirthDate(page, who.birth);
      await page.click('form button[type=submit]');
      const adding = new Counted(page, 'passkey: adding it', language);
      await adding.tap('a[href="/devices"]');
      await adding.tap('section:has(h2:text-matches("Passkeys|Llaves")) .button-secondary');
      await page.waitForSelector('section:has(h2:text-matches("Passkeys|Llaves")) .entry');
      await leave(page);
      const person = new Counted(page, 'passkey: sign-in', language);
      await person.tap('main .button-secondary');
      await person.tap('.way-first .button-primary');
      await page.waitForSelector('.conversation');
      assert.equal(person.characters, 0);
      await page.context().close();
    });
  });
}

describe('one phone, one mailbox, several people', () => {
  for (const { language, locale } of READERS) test(`${language}: a family’s phone is never remembered, and each date opens its own message`, async () => {
    const page = await browser.person({ ...PHONE, locale, expectedStatus: [403] });
    // The link is in the account's language; a reader may choose the other one.
    const inLanguage = (link) => link.replace('l=es', `l=${language}`);
    const luis = await noticeTo(PEOPLE.luis);
    const first = new Counted(page, 'family phone: the child’s message', language);
    await first.follow(inLanguage(luis.link));
    await first.birthDate(PEOPLE.luis.birth);
    await first.send();
    await reads(page, luis.text);
    await showsText(page, '.user-name', /Rosa Vega( for|, en nombre de) Luis Vega/);
    await page.click('.offer-no .link-button');
    await page.waitForSelector('.done-line');
    await leave(page);
    await page.waitForSelector('main .button-secondary');
    const rosa = await noticeTo(PEOPLE.rosa);
    const second = new Counted(page, 'family phone: the mother’s message', language);
    await second.follow(inLanguage(rosa.link));
    await second.birthDate(PEOPLE.rosa.birth);
    await second.send();
    await reads(page, rosa.text);
    await showsText(page, '.user-name', 'Rosa Vega');
    assert.equal(await page.locator('.offer').count(), 0, 'the answer counts for good');
    assert.equal((await page.context().cookies()).some((cookie) => cookie.name === '__Host-device'), false);
    await page.context().close();
  });

  test('asked on the computer, read on the phone: the code is typed where it began', async () => {
    const who = PEOPLE.john;
    const page = await browser.person({ viewport: { width: 1280, height: 800 } });
    const before = await product.countTo(who.email);
    const person = new Counted(page, 'code read on another device', 'en');
    await person.follow(product.origin);
    await person.type('#address', who.email);
    await person.send();
    await page.waitForSelector('#code');
    const mail = await product.sentTo(who.email, before, hasCode);
    const phone = await browser.person(PHONE);
    await phone.goto(linkIn(mail));
    await phone.waitForSelector('h1:has-text("You asked on another device")');
    await phone.context().close();
    await person.type('#code', codeIn(mail));
    await person.send();
    await page.waitForSelector('#birth-day');
    await person.birthDate(who.birth);
    await person.send();
    await page.waitForSelector('h1:has-text("Your messages")');
    await page.context().close();
  });

  for (const { language, who, locale } of READERS) test(`${language}: an app that keeps no cookies: it says so, and a fresh link opens in the real browser`, async () => {
    const { text, link } = await noticeTo(who);
    const app = await browser.person({ ...PHONE, locale, expectedStatus: [400] });
    await app.route('**/v1/**', withoutCookies);
    const before = await product.countTo(who.email);
    const person = new Counted(app, 'app without cookies', language);
    await person.follow(link);
    await person.birthDate(who.birth);
    await person.send();
    await app.waitForSelector(`h1:has-text("${language === 'en' ? 'This browser cannot keep you signed in' : 'Este navegador no puede mantener su sesión abierta'}")`);
    await look(app, `no-cookies-${language}`);
    await person.tap('.ways .button-primary');
    await app.waitForSelector('.done-line');
    const page = await browser.person({ ...PHONE, locale });
    person.page = page;
    await person.follow(linkIn(await product.sentTo(who.email, before, isNotice)));
    await person.birthDate(who.birth);
    await person.send();
    await reads(page, text);
    await app.context().close();
    await page.context().close();
  });

  for (const { language, who, locale } of READERS) test(`${language}: lost phone: sign out everywhere ends the session of the other one`, async () => {
    const lost = await browser.person({ ...PHONE, locale });
    const { text, link } = await noticeTo(who);
    await lost.goto(link);
    await typeBirthDate(lost, who.birth);
    await lost.click('form button[type=submit]');
    await reads(lost, text);
    const page = await browser.person({ ...PHONE, locale });
    await signInByCode(page, product, who.email, who.birth);
    const person = new Counted(page, 'sign out everywhere', language);
    await person.tap('a[href="/devices"]');
    await person.tap('section:last-of-type .button-secondary');
    await page.waitForSelector(`h1:has-text("${language === 'en' ? 'You are signed out' : 'Sesión cerrada'}")`);
    await lost.waitForSelector(`h1:has-text("${language === 'en' ? 'You were signed out' : 'Su sesión se cerró'}")`);
    assert.equal(await lost.locator('.message').count(), 0);
    await lost.context().close();
    await page.context().close();
  });
});
