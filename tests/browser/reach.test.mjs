/** How staff see whether a patient is reached, and what they do about it at the desk. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { PEOPLE, signInStaff, typeBirthDate, writeTo } from './support/people.mjs';
import { isNotice, linkIn, startProduct } from './support/product.mjs';

const DESK = { viewport: { width: 1280, height: 800 } };

let product;
let browser;
let page;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  page = await browser.person(DESK);
  await signInStaff(page, product);
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});

const focused = () => page.evaluate(() => (document.activeElement.id || document.activeElement.textContent).trim());

async function openPatient(name) {
  await page.goto(`${product.origin}/staff/patients`);
  await page.fill('#search', name.split(' ')[0]);
  await page.click(`.person:has-text("${name}")`);
  await page.waitForSelector('#reach');
  await page.waitForSelector('h3:has-text("Notices")');
}

/** The rows below a heading of the section. */
const rowsUnder = (heading) => page.locator(`h3:has-text("${heading}") + .rows .row`);

test('a notice is listed with what became of it', async () => {
  await writeTo(page, product, PEOPLE.maria.name, 'billing', 'About your bill.');
  await product.sentTo(PEOPLE.maria.email, 0, isNotice);
  await openPatient(PEOPLE.maria.name);
  const notice = rowsUnder('Notices').filter({ hasText: PEOPLE.maria.email }).first();
  await notice.waitFor();
  assert.match(await notice.textContent(), /Sent/);
  assert.match(await notice.textContent(), /Not opened/);
  assert.ok((await rowsUnder('Contacts').count()) >= 1);
  await look(page, 'staff-reach');
});

test('wrong dates are said in words, never with the date; right ones open', async () => {
  const phone = await browser.person();
  await phone.goto(linkIn(await product.sentTo(PEOPLE.maria.email, 0, isNotice)).replace('l=es', 'l=en'));
  await phone.waitForSelector('#birth-day');
  for (const birth of [['1985', '3', '15'], ['1985', '4', '2']]) {
    await typeBirthDate(phone, birth);
    await phone.click('form button[type=submit]');
    await phone.waitForSelector('.error-summary');
    await phone.waitForTimeout(200);
  }
  await openPatient(PEOPLE.maria.name);
  await rowsUnder('Birth dates that opened nothing').nth(1).waitFor();
  const text = await page.textContent('section:has(> #reach)');
  assert.match(text, /one digit off/);
  assert.match(text, /a different date/);
  assert.doesNotMatch(text, /1985/);
  await look(page, 'staff-reach-tries');

  await typeBirthDate(phone, PEOPLE.maria.birth);
  await phone.click('form button[type=submit]');
  await phone.waitForSelector('.message:has-text("About your bill.")');
  await openPatient(PEOPLE.maria.name);
  await showsText(page, 'section:has(> #reach)', /Opened/);
  await phone.context().close();
});

test('new tries are allowed after a question', async () => {
  await page.click('button:has-text("Allow new tries")');
  await page.waitForSelector('#reach-clear-title');
  await look(page, 'staff-reach-clear');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#reach-clear-title', { state: 'detached' });
  assert.equal(await focused(), 'Allow new tries');
  await page.click('button:has-text("Allow new tries")');
  await page.click('.dialog button:has-text("Allow new tries")');
  await page.waitForSelector('.done-line:has-text("The patient can try again.")');
});

test('a fresh notice goes to the contact that was chosen', async () => {
  const before = await product.countTo(PEOPLE.maria.email);
  await rowsUnder('Contacts').filter({ hasText: PEOPLE.maria.email }).locator('button:has-text("Send a notice")').click();
  await page.waitForSelector(`.done-line:has-text("${PEOPLE.maria.email}")`);
  await product.sentTo(PEOPLE.maria.email, before, isNotice);
});

test('a phone is connected at the desk: QR, device, test message', async () => {
  await page.click('button:has-text("Connect a phone")');
  await page.click('button:has-text("Show the code")');
  await page.waitForSelector('#connect-seen-error');
  assert.equal(await focused(), 'connect-seen');
  await look(page, 'staff-connect');
  await page.check('#connect-seen');
  const answer = page.waitForResponse((response) => response.url().endsWith('/device-links'));
  await page.click('button:has-text("Show the code")');
  const { url } = await (await answer).json();
  await page.waitForSelector('.qr path');
  await showsText(page, '.countdown', /9:5\d|10:00/);
  await look(page, 'staff-connect-qr');

  // What the phone's camera does.
  const phone = await browser.person({ userAgent: 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1' });
  await phone.goto(url);
  await phone.click('main button.button-primary');
  await phone.waitForSelector('main a[href="/conversations"]');
  await page.waitForSelector('#connect-done:has-text("iPhone")', { timeout: 20_000 });
  await page.waitForSelector('.dialog:has-text("The test message is sent")');
  await look(page, 'staff-connected');
  await page.click('.dialog button:has-text("Close")');
  await rowsUnder('Phones and sessions').filter({ hasText: 'iPhone' }).waitFor();
  await phone.goto(`${product.origin}/conversations`);
  // In the patient's language.
  await phone.click('.conversation >> nth=0');
  await phone.waitForSelector('.message:has-text("Este es un mensaje de prueba")');
  await phone.context().close();
});

test('only this patient’s own devices: the switch shows what the server keeps', async () => {
  await page.check('.check input[role=switch]');
  await page.waitForSelector('.done-line:has-text("own devices open messages now")');
  await page.reload();
  await page.waitForSelector('.check input[role=switch]:checked');
  await page.uncheck('.check input[role=switch]');
  await page.waitForSelector('.done-line:has-text("The birth date opens messages again.")');
});

test('signed out everywhere, no phone is remembered', async () => {
  await page.click('button:has-text("Sign out everywhere")');
  await page.click('.dialog button:has-text("Sign out everywhere")');
  await page.waitForSelector('.done-line:has-text("Signed out everywhere.")');
  await page.waitForSelector('text=No phone is remembered.');
});

test('a new contact by a call back opens only what comes after, until it is confirmed', async () => {
  const before = await product.countTo(PEOPLE.maria.email);
  await page.click('a:has-text("Change contacts")');
  await page.waitForSelector('#contact-0');
  await page.click('button:has-text("Change contacts")');
  await page.waitForSelector('.error-summary:has-text("Choose how you know")');
  await page.click('button:has-text("Add an e-mail address")');
  assert.match(await focused(), /^contact-\d$/);
  await page.keyboard.type('maria.new@patients.test');
  await page.check('input[value=called_back]');
  await showsText(page, '.follows', /only messages sent from now on/);
  await look(page, 'staff-contacts');
  await page.click('form button[type=submit]');
  await page.waitForSelector('#reach');
  const fresh = rowsUnder('Contacts').filter({ hasText: 'maria.new@patients.test' });
  await fresh.locator('text=Opens only messages sent after').waitFor();
  // The old address hears of it.
  await product.sentTo(PEOPLE.maria.email, before);
  await fresh.locator('button:has-text("Confirm")').click();
  await page.waitForSelector('.done-line:has-text("maria.new@patients.test")');
  await fresh.locator('button:has-text("Confirm")').waitFor({ state: 'detached' });
});

test('the card is in the patient’s language and prints alone', async () => {
  await page.click('a:has-text("Print a card")');
  await page.waitForSelector('.wallet');
  await showsText(page, '.wallet', /Bright Eyes: tiene un mensaje/);
  assert.equal(await page.getAttribute('.wallet', 'lang'), 'es');
  await look(page, 'staff-card');
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.isVisible('.wallet-address'));
  assert.ok(!(await page.isVisible('.bar')));
  await page.emulateMedia({ media: null });
});

test('a grant ends on the 18th birthday by itself', async () => {
  await openPatient(PEOPLE.luis.name);
  const rosa = page.locator('#grants ~ .rows .row:has-text("Rosa Vega")');
  await rosa.waitFor();
  await page.click('button:has-text("Add a person")');
  await page.waitForSelector('#grant-name');
  await page.fill('#grant-name', 'Carlos Vega');
  await page.fill('#grant-address', 'carlos@patients.test');
  await page.check('input[name=grant-reason][value=id_seen]');
  assert.equal(await page.inputValue('#grant-until'), '2030-09-17');
  await look(page, 'staff-grant');
  await page.click('.dialog form button[type=submit]');
  const carlos = page.locator('#grants ~ .rows .row:has-text("Carlos Vega")');
  await carlos.waitFor();
  assert.match(await carlos.textContent(), /Ends on the .?18.?th birthday, .?September 17, 2030/);
  await carlos.locator('button').click();
  await page.click('.dialog button:has-text("End")');
  await carlos.waitFor({ state: 'detached' });
});

test('no page complained', () => browser.assertQuiet());
