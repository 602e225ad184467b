/** Words that may mean an emergency: the page asks to call at once, and the message arrives all the same. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { PEOPLE, signInByCode, signInStaff } from './support/people.mjs';
import { startProduct } from './support/product.mjs';

let product;
let browser;
let john;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  john = await browser.person();
  await signInByCode(john, product, PEOPLE.john.email, PEOPLE.john.birth);
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});

test('a new message that names an emergency asks to call, over the whole screen', async () => {
  await john.click('a[href="/conversations/new"]');
  await john.check('input[value=medical_question]');
  await john.click('form button[type=submit]');
  await john.fill('#compose', 'I have chest pain since this morning.');
  await john.click('.composer button[type=submit]');
  await showsText(john, '#urgent-title', 'This may be an emergency');
  assert.equal(await john.getAttribute('.urgent-call', 'href'), 'tel:911');
  assert.equal(await john.locator('dialog a[href^="tel:+1555"]').count(), 1, 'the practice too');
  await look(john, 'urgent');
  await john.keyboard.press('Escape');
  await john.waitForSelector('dialog', { state: 'detached' });
  await john.waitForSelector('.message:has-text("chest pain")');
});

test('so does an answer, in Spanish as well, by keyboard', async () => {
  await john.fill('#compose', 'No puedo respirar bien');
  await john.focus('.composer button[type=submit]');
  await john.keyboard.press('Enter');
  await showsText(john, '#urgent-title', 'This may be an emergency');
  await john.focus('dialog button');
  await john.keyboard.press('Enter');
  await john.waitForSelector('dialog', { state: 'detached' });
  await john.waitForSelector('.message:has-text("No puedo respirar")');
});

test('an everyday message asks nothing', async () => {
  await john.fill('#compose', 'Thank you, see you on Monday.');
  await john.click('.composer button[type=submit]');
  await john.waitForSelector('.message:has-text("see you on Monday")');
  assert.equal(await john.locator('dialog').count(), 0);
});

test('the practice has every message', async () => {
  const staff = await browser.person({ viewport: { width: 1280, height: 800 } });
  await signInStaff(staff, product);
  await staff.click(`.inbox-item:has-text("${PEOPLE.john.name}")`);
  for (const words of ['chest pain', 'No puedo respirar', 'see you on Monday']) {
    await staff.waitForSelector(`.message:has-text("${words}")`);
  }
});

test('no page complained', () => browser.assertQuiet());
