/** The main job, from the practice's first word to the patient's answer, through the real pages. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { PEOPLE, signInStaff, typeBirthDate, writeTo } from './support/people.mjs';
import { isNotice, linkIn, startProduct } from './support/product.mjs';

const QUESTION = 'Buenos días, Sra. López.\n\nSu receta está lista en la farmacia de la calle Main.';
const ANSWER = 'Muchas gracias. ¿Necesito llevar algo?';

let product;
let browser;
let staff;
let patient;
let notice;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  staff = await browser.person({ viewport: { width: 1280, height: 800 } });
  patient = await browser.person({ expectedStatus: [403] });
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});

test('Ana signs in by the link in her mail', async () => {
  await signInStaff(staff, product);
  assert.equal(new URL(staff.url()).pathname, '/staff/');
  assert.equal(new URL(staff.url()).hash, '');
  await look(staff, 'staff-inbox-empty');
});

test('Ana finds Maria and writes to her', async () => {
  const before = await product.countTo(PEOPLE.maria.email);
  await writeTo(staff, product, PEOPLE.maria.name, 'prescription', QUESTION);
  await showsText(staff, '.message-text', QUESTION);
  await showsText(staff, '.signs', /March 14, 1985/);
  await showsText(staff, '.signs', /Spanish/);
  notice = await product.sentTo(PEOPLE.maria.email, before, isNotice);
});

test('the notice says nothing but that there is a message', async () => {
  const page = await browser.person();
  await page.goto(`${product.origin}/outbox`);
  await page.click(`text=${PEOPLE.maria.email}`);
  const mail = page.frameLocator('#html');
  assert.equal(await mail.locator('a[href*="#t="]').first().getAttribute('href'), linkIn(notice));
  const shown = (await page.content()) + (await mail.locator('html').innerHTML());
  for (const secret of ['receta', 'farmacia', 'López', 'Lopez', 'Maria L', '1985', 'prescription']) {
    assert.ok(!shown.includes(secret), `the outbox shows ${secret}`);
    assert.ok(!JSON.stringify(notice).includes(secret), `the notice holds ${secret}`);
  }
  await look(page, 'outbox');
  await page.context().close();
});

test('Maria opens the link, and nothing happens before she presses', async () => {
  const writes = [];
  patient.on('request', (request) => request.method() !== 'GET' && writes.push(request.url()));
  await patient.goto(linkIn(notice));
  await patient.waitForSelector('#birth-day');
  assert.equal(patient.url(), `${product.origin}/n?l=es`);
  assert.deepEqual(writes, []);
  assert.equal(await patient.getAttribute('html', 'lang'), 'es');
  await showsText(patient, 'h1', 'Tiene un mensaje');
  assert.ok(!(await patient.content()).includes('Maria'));
  await look(patient, 'notice-es');
});

test('a wrong date opens nothing and says so kindly', async () => {
  await typeBirthDate(patient, ['1986', '3', '14']);
  await patient.click('form button[type=submit]');
  await patient.waitForSelector('.error-summary');
  assert.equal(await patient.evaluate(() => document.activeElement?.className), 'error-summary');
  await look(patient, 'notice-refused-es');
});

test('with her birth date she reads it, in Spanish', async () => {
  await typeBirthDate(patient, PEOPLE.maria.birth);
  await patient.click('form button[type=submit]');
  await patient.waitForSelector('.message');
  assert.match(patient.url(), /\/conversations\/cnv_[a-z0-9]+$/);
  await showsText(patient, '.message-text', QUESTION);
  await showsText(patient, 'h1', 'Receta');
  assert.match(await patient.title(), /^Receta – /);
  await look(patient, 'conversation-es');
});

test('she answers, and Ana sees it within 5 seconds, without loading anything', async () => {
  await staff.evaluate(() => (window.isSamePage = true));
  await patient.fill('#compose', ANSWER);
  await patient.click('.composer button[type=submit]');
  await patient.waitForSelector(`.message-own:has-text("${ANSWER}")`);
  const sent = Date.now();
  await staff.waitForSelector(`.message:has-text("${ANSWER}")`, { timeout: 10_000 });
  const seconds = (Date.now() - sent) / 1000;
  console.log(`    the answer was on the other screen after ${seconds.toFixed(1)} s`);
  assert.ok(seconds <= 5, `${seconds} s`);
  assert.equal(await staff.evaluate(() => window.isSamePage), true);
  assert.equal(await patient.inputValue('#compose'), '');
  assert.equal(await patient.evaluate(() => document.activeElement?.id), 'compose');
  await showsText(patient, '[role=status]', /Su mensaje se envió/);
  await look(staff, 'staff-conversation');
});

test('a live session opens the next notice without the date', async () => {
  const before = await product.countTo(PEOPLE.maria.email);
  await staff.fill('#compose', 'Solo su identificación.');
  await staff.keyboard.press('Control+Enter');
  await staff.waitForSelector('.message:has-text("Solo su identificación.")');
  await patient.waitForSelector('.message:has-text("Solo su identificación.")', { timeout: 10_000 });
  // Read at once in the open page: whether a notice still goes out is the dispatcher's business.
  assert.ok((await product.countTo(PEOPLE.maria.email)) >= before);
});

test('Ana closes the conversation; Maria writes again and it is open', async () => {
  await staff.click('button:has-text("Assign to me")');
  await staff.waitForSelector('text=Assigned to you');
  await staff.click('button:has-text("Close")');
  await staff.waitForSelector('button:has-text("Reopen")');
  await patient.fill('#compose', 'Una cosa más.');
  await patient.click('.composer button[type=submit]');
  await staff.waitForSelector('.message:has-text("Una cosa más.")', { timeout: 10_000 });
  await staff.waitForSelector('button:has-text("Close")', { timeout: 10_000 });
});

test('she finishes, and going back shows nothing', async () => {
  await patient.click('.back a');
  await patient.waitForSelector('.message', { state: 'detached' });
  await patient.goBack();
  await patient.waitForSelector('.message');
  await patient.click('.user-bar button');
  await patient.waitForSelector('h1:has-text("Sesión cerrada")');
  await look(patient, 'signed-out-es');
  for (const move of [() => patient.goForward(), () => patient.goBack(), () => patient.reload()]) {
    await move();
    await patient.waitForSelector('h1');
    assert.equal(await patient.locator('.message').count(), 0);
    assert.ok(!(await patient.content()).includes('farmacia'));
  }
});

test('no page complained', () => browser.assertQuiet());
