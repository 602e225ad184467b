/** The ways in: link, code, e-mail, text message, child, wrong codes, broken links. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { askForCode, PEOPLE, signInByCode, signInStaff, typeBirthDate, writeTo } from './support/people.mjs';
import { codeIn, hasCode, isNotice, linkIn, startProduct } from './support/product.mjs';

let product;
let browser;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});
afterEach(() => browser.assertQuiet());

test('the start page, in both languages', async () => {
  const page = await browser.person();
  await page.goto(product.origin);
  await page.waitForSelector('#address');
  await look(page, 'sign-in');
  await page.click('form button[type=submit]');
  await page.waitForSelector('.error-summary');
  await look(page, 'sign-in-missing');
  await page.click('.error-summary a');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'address');
  await page.click('.language[lang=es]');
  await page.waitForSelector('h1:has-text("Entre para leer sus mensajes")');
  assert.equal(await page.getAttribute('html', 'lang'), 'es');
  await page.reload();
  await page.waitForSelector('h1:has-text("Entre para leer sus mensajes")');
  await look(page, 'sign-in-es');
  await page.context().close();
});

test('John asks by e-mail and types the code', async () => {
  const page = await browser.person();
  await askForCode(page, product.origin, PEOPLE.john.email);
  await look(page, 'code');
  const code = codeIn(await product.sentTo(PEOPLE.john.email));
  await page.fill('#code', code === '00000000' ? '11111111' : '00000000');
  await page.click('form button[type=submit]');
  await page.waitForSelector('.error-summary');
  await look(page, 'code-refused');
  // Phones load pages again when one comes back from the mail: the code still goes here.
  await page.reload();
  await page.fill('#code', `${code.slice(0, 4)} ${code.slice(4)}`);
  await page.click('form button[type=submit]');
  await page.waitForSelector('#birth-day');
  await look(page, 'birth-date');
  await page.click('form button[type=submit]');
  await page.waitForSelector('.error-summary');
  await look(page, 'birth-date-missing');
  await typeBirthDate(page, PEOPLE.john.birth);
  await page.click('form button[type=submit]');
  await page.waitForSelector('h1:has-text("Your messages")');
  await look(page, 'conversations-empty');
  await page.context().close();
});

test('John asks by e-mail and taps the link in the same browser', async () => {
  const page = await browser.person();
  const before = await product.countTo(PEOPLE.john.email);
  await askForCode(page, product.origin, PEOPLE.john.email);
  await page.goto(linkIn(await product.sentTo(PEOPLE.john.email, before, hasCode)));
  await page.waitForSelector('h1:has-text("Sign in to read your messages")');
  assert.equal(page.url(), `${product.origin}/l`);
  await look(page, 'link');
  await page.click('main button.button-primary');
  await page.waitForSelector('#birth-day');
  await typeBirthDate(page, PEOPLE.john.birth);
  await page.click('form button[type=submit]');
  await page.waitForSelector('h1:has-text("Your messages")');
  await page.context().close();
});

test('a link taken to another browser opens nothing and says what to do', async () => {
  const page = await browser.person();
  const before = await product.countTo(PEOPLE.john.email);
  await askForCode(page, product.origin, PEOPLE.john.email);
  const other = await browser.person();
  await other.goto(linkIn(await product.sentTo(PEOPLE.john.email, before, hasCode)));
  await other.waitForSelector('h1:has-text("You asked on another device")');
  await look(other, 'link-elsewhere');
  // The browser that asked has thrown its cookies away: then only the server knows.
  await page.context().clearCookies();
  await page.goto(linkIn(await product.sentTo(PEOPLE.john.email, before, hasCode)));
  await page.click('main button.button-primary');
  await page.waitForSelector('h1:has-text("This link does not work here"), #birth-day');
  await page.context().close();
  await other.context().close();
});

test('John asks by text message, with the number as he writes it', async () => {
  const page = await browser.person();
  await signInByCode(page, product, PEOPLE.john.phone, PEOPLE.john.birth, '(555) 555-0102');
  await page.waitForSelector('h1:has-text("Your messages")');
  const sent = await product.sentTo(PEOPLE.john.phone);
  assert.equal(sent.channel, 'sms');
  assert.ok(!sent.text.includes('/l#'), 'a code message holds no link');
  await page.context().close();
});

test('an unknown address gets the same page and nothing else', async () => {
  const page = await browser.person();
  await askForCode(page, product.origin, 'nobody@patients.test');
  await showsText(page, 'h1', 'Look in your e-mail');
  await page.fill('#code', '12345678');
  await page.click('form button[type=submit]');
  await page.waitForSelector('.error-summary');
  await page.context().close();
});

test('Linh, who has a phone only, gets the notice by text', async () => {
  const staff = await browser.person({ viewport: { width: 1280, height: 800 } });
  await signInStaff(staff, product);
  await writeTo(staff, product, PEOPLE.linh.name, 'appointment', 'Your appointment moved to Tuesday.');
  const sent = await product.sentTo(PEOPLE.linh.phone, 0, isNotice);
  assert.equal(sent.channel, 'sms');
  assert.ok(!sent.text.includes('Tuesday'));
  const page = await browser.person();
  await page.goto(linkIn(sent));
  await page.waitForSelector('#birth-day');
  await typeBirthDate(page, PEOPLE.linh.birth);
  await page.click('form button[type=submit]');
  await page.waitForSelector('.message:has-text("moved to Tuesday")');
  await page.context().close();
  await staff.context().close();
});

test('Rosa reads for her son Luis, and the page says so', async () => {
  const staff = await browser.person({ viewport: { width: 1280, height: 800 } });
  await signInStaff(staff, product);
  await writeTo(staff, product, PEOPLE.luis.name, 'form', 'Por favor, llene el formulario.');
  const page = await browser.person();
  await signInByCode(page, product, PEOPLE.luis.email, PEOPLE.luis.birth);
  await page.waitForSelector('.conversation');
  await showsText(page, '.conversation', /Luis Vega/);
  await look(page, 'conversations-child');
  await page.click('.conversation');
  await page.waitForSelector('.message:has-text("formulario")');
  await showsText(page, '.about', /Rosa Vega( for|, en nombre de) Luis Vega/);
  await page.fill('#compose', 'Ya lo llené.');
  await page.click('.composer button[type=submit]');
  const own = '.message-own:has-text("Ya lo llené.") .message-sender';
  await page.waitForSelector(own);
  await showsText(page, own, /^(You, for|Usted, en nombre de) Luis Vega$/);
  await look(page, 'conversation-child');
  // Staff see who wrote, and for whom.
  await staff.waitForSelector('.message:has-text("Ya lo llené.")');
  await showsText(staff, '.message:has-text("Ya lo llené.") .message-sender', 'Rosa Vega for Luis Vega');
  await page.context().close();
  await staff.context().close();
});

test('links without their secret lead on', async () => {
  const page = await browser.person();
  for (const path of ['/n?l=en', '/l']) {
    await page.goto(product.origin + path);
    await page.waitForSelector('h1:has-text("This link is not complete")');
  }
  await look(page, 'link-lost');
  await page.click('main a.button');
  await page.waitForSelector('#address');
  await page.context().close();
});

test('a made-up notice link looks like a real one and offers a new one', async () => {
  const page = await browser.person();
  await page.goto(`${product.origin}/n?l=en#t=AAAAAAAAAAAAAAAAAAAAAA`);
  await page.waitForSelector('#birth-day');
  await showsText(page, 'h1', 'You have a message');
  await typeBirthDate(page, PEOPLE.john.birth);
  await page.click('form button[type=submit]');
  await page.waitForSelector('.error-summary');
  await look(page, 'notice-refused');
  await page.click('.ways button');
  await page.waitForSelector('.done-line');
  await page.context().close();
});

test('an inside page without a session leads to the way in, and back again after', async () => {
  const page = await browser.person();
  await page.goto(`${product.origin}/conversations/new`);
  await page.waitForSelector('#address');
  await page.context().close();
});

test('the staff sign-in page', async () => {
  const page = await browser.person();
  await page.goto(`${product.origin}/staff/`);
  await page.waitForSelector('#address');
  await look(page, 'staff-sign-in');
  await askForCode(page, product.origin, PEOPLE.ana.email, '/staff/');
  await look(page, 'staff-code');
  await page.context().close();
});
