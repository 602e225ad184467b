/** Contacts that others use too: the console asks before one is shared, and says what follows from many. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { PEOPLE, signInStaff, typeBirthDate } from './support/people.mjs';
import { startProduct } from './support/product.mjs';

const FAMILY = 'big.family@patients.test';

let product;
let browser;
let page;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  page = await browser.person({ viewport: { width: 1280, height: 800 }, expectedStatus: [409] });
  await signInStaff(page, product);
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});
afterEach(() => browser.assertQuiet());

async function fillIn(name, birth, email) {
  await page.goto(`${product.origin}/staff/patients/new`);
  await page.fill('#add-name', name);
  await typeBirthDate(page, birth, 'add-birth');
  await page.fill('#add-email', email);
  await page.click('form button[type=submit]');
}

/** Adds a patient as the form does, for those whom nobody looks at. */
const add = (name, birth_date) =>
  page.evaluate(
    ([name, birth_date, email]) =>
      fetch('/v1/patients', {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Idempotency-Key': name.replace(' ', '-') },
        body: JSON.stringify({ name, birth_date, language: 'en', emails: [email], shared_contact_confirmed: true }),
      }).then((answer) => answer.status),
    [name, birth_date, FAMILY],
  );

test('a contact of somebody else is asked for, and nobody is named', async () => {
  await fillIn('Pedro Lopez', ['2008', '2', '29'], PEOPLE.maria.email);
  await page.waitForSelector('#share-title');
  await showsText(page, '.dialog', /maria@patients\.test: 1 other person is reached there/);
  assert.doesNotMatch(await page.textContent('.dialog'), /Lopez/);
  await look(page, 'staff-share');
  // Mistyped: back to the form, which is as it was.
  await page.keyboard.press('Escape');
  await page.waitForSelector('#share-title', { state: 'detached' });
  assert.equal(await page.inputValue('#add-name'), 'Pedro Lopez');
  await page.click('form button[type=submit]');
  await page.click('.dialog button:has-text("They share it")');
  await page.waitForSelector('#reach');
  await showsText(page, 'main', /Pedro Lopez/);
});

test('the fifth patient: the question says what stops working, and so does the patient page', async () => {
  for (const n of [1, 2, 3, 4]) assert.equal(await add(`Family ${n}`, `1999-01-0${n}`), 201);
  await fillIn('Fifth Family', ['1999', '1', '5'], FAMILY);
  await showsText(page, '.dialog', /With this patient, 5 patients share big\.family@patients\.test/);
  await showsText(page, '.dialog', /connect their phone at the desk/);
  await look(page, 'staff-share-many');
  await page.click('.dialog button:has-text("They share it")');
  await page.waitForSelector('#reach');
  await showsText(page, 'h3:has-text("Contacts") + .rows .row', /More than 4 patients share this contact/);
  await look(page, 'staff-reach-crowded');
});

test('a changed contact is asked for in the same way', async () => {
  await page.click('a:has-text("Change contacts")');
  await page.waitForSelector('#contact-0');
  await page.fill('#contact-0', PEOPLE.john.email);
  await page.check('input[value=id_seen]');
  await page.click('form button[type=submit]');
  await page.waitForSelector('#share-title');
  await showsText(page, '.dialog', /john@patients\.test: 1 other person/);
  await page.click('.dialog button:has-text("They share it")');
  await page.waitForSelector('#reach');
  await page.waitForSelector('h3:has-text("Contacts") + .rows .row:has-text("john@patients.test")');
});
