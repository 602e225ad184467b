/** The rest of the console: patients, the form for a new one, views, roles, languages. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { PEOPLE, signInStaff, typeBirthDate, writeTo } from './support/people.mjs';
import { isNotice, startProduct } from './support/product.mjs';

let product;
let browser;
let page;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  page = await browser.person({ viewport: { width: 1280, height: 800 }, expectedStatus: [403] });
  await signInStaff(page, product);
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});

test('search by name, birth date and end of a phone number', async () => {
  await page.goto(`${product.origin}/staff/patients`);
  for (const query of ['car', 'Carter', '1950-11-02', '0102']) {
    await page.fill('#search', query);
    await page.waitForSelector('.person:has-text("John Carter")');
  }
  await look(page, 'staff-patients');
  await page.fill('#search', 'zzzz');
  await page.waitForSelector('text=No patient found');
  assert.ok(!page.url().includes('zzzz'), 'names do not stand in the address bar');
});

test('a patient page', async () => {
  await page.fill('#search', 'Maria');
  await page.click('.person');
  await page.waitForSelector('.facts');
  await showsText(page, '.facts', /March 14, 1985/);
  assert.ok(!(await page.title()).includes('Maria'));
  await look(page, 'staff-patient');
  await page.click('a[href$="/new"].button');
  await page.waitForSelector('#compose');
  await look(page, 'staff-write');
});

test('a new patient, with mistakes first', async () => {
  await page.goto(`${product.origin}/staff/patients/new`);
  await page.waitForSelector('#add-name');
  await page.fill('#add-phone', '12');
  await page.click('form button[type=submit]');
  await page.waitForSelector('.error-summary');
  await look(page, 'staff-add-wrong');
  await page.fill('#add-name', 'Carmen Ortiz');
  await typeBirthDate(page, ['1985', '3', '14'], 'add-birth');
  await page.selectOption('#add-language', 'es');
  await page.fill('#add-email', 'carmen@patients.test');
  await page.fill('#add-phone', '555 555 0177');
  await page.click('form button[type=submit]');
  // Maria was born on the same day: two records for one person would split their messages.
  await page.waitForSelector('.note:has-text("Maria Lopez")');
  await look(page, 'staff-add');
  await page.click('form button[type=submit]');
  await page.waitForSelector('h1:has-text("Carmen Ortiz")');
  await showsText(page, '.facts', /\(555\) 555-0177/);
});

test('the new patient can be found and written to', async () => {
  await writeTo(page, product, 'Carmen Ortiz', 'appointment', 'Bienvenida, Carmen.');
  const notice = await product.sentTo('carmen@patients.test', 0, isNotice);
  assert.ok(!JSON.stringify(notice).includes('Carmen O'));
});

test('views of the inbox', async () => {
  await writeTo(page, product, PEOPLE.john.name, 'billing', 'About your bill.');
  await page.click('button:has-text("Assign to me")');
  await page.waitForSelector('text=Assigned to you');
  await page.click('.views a:has-text("Mine")');
  await page.waitForSelector('.inbox-item:has-text("John Carter")');
  await page.locator('.inbox-item:has-text("Carmen")').waitFor({ state: 'detached' });
  await page.click('.views a:has-text("Unassigned")');
  await page.waitForSelector('.inbox-item:has-text("Carmen")');
  await page.locator('.inbox-item:has-text("John Carter")').waitFor({ state: 'detached' });
  await page.click('.views a:has-text("Open")');
  await page.click('.inbox-item:has-text("John Carter")');
  await page.waitForSelector('.message');
  await page.click('button:has-text("Close")');
  await page.waitForSelector('button:has-text("Reopen")');
  await page.click('.views a:has-text("Closed")');
  await page.waitForSelector('.inbox-item:has-text("John Carter")');
  await look(page, 'staff-inbox');
});

test('the console in Spanish', async () => {
  await page.click('.language[lang=es]');
  await page.waitForSelector('.bar-nav:has-text("Bandeja")');
  await page.click('.inbox-item');
  await page.waitForSelector('.message');
  await look(page, 'staff-conversation-es');
});

test('an auditor is told that conversations are not theirs to read', async () => {
  const ida = await browser.person({ viewport: { width: 1280, height: 800 }, expectedStatus: [403] });
  await signInStaff(ida, product, 'ida@demo.test');
  await ida.waitForSelector('text=Your role does not read conversations.');
  await look(ida, 'staff-auditor');
  await ida.context().close();
});

test('signing out leaves nothing on the screen', async () => {
  await page.click('.bar-sign-out');
  await page.waitForSelector('#address');
  await page.goBack().catch(() => undefined);
  await page.waitForSelector('#address');
});

test('no page complained', () => browser.assertQuiet());
