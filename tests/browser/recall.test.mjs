/** Taking a message back: the dialog, what the patient's open screen does, the ten seconds of an undo, the correction. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { PEOPLE, signInByCode, signInStaff, writeTo } from './support/people.mjs';
import { startProduct } from './support/product.mjs';

const STAYS = 'Su receta está lista.';
const WRONG = 'Sr. Carter, su cirugía es el lunes.';
const RIGHT = 'Su cita es el martes a las 10.';
const HASTY = 'Sr. Carter, no coma nada desde la medianoche.';

let product;
let browser;
let staff;
let patient;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  staff = await browser.person({ viewport: { width: 1280, height: 800 }, expectedStatus: [403, 409] });
  patient = await browser.person({ locale: 'es-US', expectedStatus: [403] });
  await signInStaff(staff, product);
  await writeTo(staff, product, PEOPLE.maria.name, 'prescription', STAYS);
  await signInByCode(patient, product, PEOPLE.maria.email, PEOPLE.maria.birth);
  await patient.click('.conversation');
  await patient.waitForSelector(`.message:has-text("${STAYS}")`);
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});

async function says(text) {
  await staff.fill('#compose', text);
  await staff.click('.composer button[type=submit]');
  await staff.waitForSelector(`.message:has-text("${text}")`);
}

test('what nobody has opened is recalled, with the reason asked for', async () => {
  await patient.goto(`${product.origin}/`);
  await says(WRONG);
  await staff.click(`.message-row:has-text("${WRONG}") button:has-text("Recall")`);
  await showsText(staff, '#recall-title', 'Recall this message?');
  await showsText(staff, '.dialog-text strong', 'The patient has not opened it.');
  await look(staff, 'staff-recall');
  await staff.click('dialog button[type=submit]');
  await showsText(staff, '#recall-reason-error', 'Choose a reason');
  assert.equal(await staff.evaluate(() => document.activeElement?.id), 'recall-reason');
  await staff.keyboard.press('Escape');
  await staff.waitForSelector('dialog', { state: 'detached' });
  assert.equal(await staff.locator(`.message:has-text("${WRONG}")`).count(), 1);
});

test('by keyboard alone, after the patient read it; her open screen erases it within one poll', async () => {
  await patient.click('.conversation');
  await patient.waitForSelector(`.message:has-text("${WRONG}")`);
  await patient.evaluate(() => (window.isSamePage = true));
  await staff.focus(`.message-row:has-text("${WRONG}") button:has-text("Recall")`);
  await staff.keyboard.press('Enter');
  await showsText(staff, '.dialog-text strong', /^The patient’s side has opened it/);
  await staff.keyboard.press('Tab');
  await staff.keyboard.press('Space');
  assert.equal(await staff.isChecked('input[value=wrong_patient]'), true);
  await staff.keyboard.press('Tab');
  await staff.keyboard.type('For Mr. Carter.');
  await staff.keyboard.press('Tab');
  await staff.keyboard.press('Enter');
  await showsText(staff, '#recalled-title', 'The message was recalled');
  await showsText(staff, '.dialog-text strong', /^Maria Lopez opened it on /);
  await showsText(staff, '.evidence', /^Evidence number: evd_[0-9a-z]{26}$/);
  const done = Date.now();
  await look(staff, 'staff-recalled');
  await patient.waitForSelector('.message-recalled', { timeout: 10_000 });
  // Whoever does not see the screen hears it, politely.
  await showsText(patient, '.visually-hidden[role=status]', /^El consultorio retiró este mensaje/);
  const seconds = (Date.now() - done) / 1000;
  assert.equal(await patient.locator(`text=${WRONG}`).count(), 0);
  assert.equal(await patient.evaluate(() => window.isSamePage), true);
  console.log(`    the open screen had erased it ${seconds.toFixed(1)} s after the answer, pictures included`);
  await showsText(patient, '.message-recalled .message-note', /^El .*, el consultorio retiró este mensaje\. Usted no tiene que hacer nada\./s);
  assert.equal(await patient.locator('.message-recalled a[href^="tel:"]').count(), 1);
  await look(patient, 'conversation-recalled-es');
});

test('the next step is a correction, and both sides see that it is one', async () => {
  await staff.click('dialog button:has-text("Write a correction")');
  await staff.waitForSelector('dialog', { state: 'detached' });
  assert.equal(await staff.evaluate(() => document.activeElement?.id), 'compose');
  await staff.waitForSelector('.correcting');
  await says(RIGHT);
  await staff.waitForSelector('.correcting', { state: 'detached' });
  await showsText(staff, `.message:has-text("${RIGHT}") .message-note`, 'Correction');
  await showsText(staff, '.message-recalled .message-note', /^Recalled on /);
  await patient.waitForSelector(`.message:has-text("${RIGHT}")`, { timeout: 20_000 });
  await showsText(patient, `.message:has-text("${RIGHT}") .message-note`, 'Corrección');
  await look(staff, 'staff-correction');
});

test('within ten seconds it is undone by one press, and the text is back', async () => {
  await patient.goto(`${product.origin}/`);
  await says(HASTY);
  await staff.click('.undo-bar button');
  await staff.waitForSelector('.undo-bar', { state: 'detached' });
  assert.equal(await staff.inputValue('#compose'), HASTY);
  await staff.waitForSelector(`.message:has-text("${HASTY}")`, { state: 'detached' });
  await patient.click('.conversation');
  await patient.waitForSelector('.message-recalled');
  assert.equal(await patient.locator(`text=${HASTY}`).count(), 0);
});

test('the bar goes when the seconds are over', async () => {
  await staff.fill('#compose', 'Ya está todo claro.');
  await staff.click('.composer button[type=submit]');
  await staff.waitForSelector('.undo-bar button');
  await showsText(staff, '.undo-bar', /^Message sent\.\s*Undo\s*\d+ seconds left/);
  await look(staff, 'staff-undo');
  await staff.waitForSelector('.undo-bar', { state: 'detached', timeout: 15_000 });
});

/** The next recall is answered with this problem, whatever the server would say. */
async function refuseOnce(slug, status) {
  const problem = JSON.stringify({ type: `/problems/${slug}`, title: 'x', status });
  await staff.route('**/recall', (route) => route.fulfill({ status, contentType: 'application/problem+json', body: problem }), { times: 1 });
}

test('a fresh proof is asked for on top of the dialog, and what was chosen stays', async () => {
  await staff.click('.message-row:has-text("Ya está todo claro.") button:has-text("Recall")');
  await staff.check('input[value=error]');
  await staff.fill('#recall-note', 'A note that stays.');
  await refuseOnce('step-up-required', 403);
  await staff.click('dialog button[type=submit]');
  await staff.waitForSelector('#step-up-title');
  await staff.keyboard.press('Escape');
  await staff.waitForSelector('#step-up-title', { state: 'detached' });
  await showsText(staff, 'dialog .error-line', 'It was not recalled. Try again.');
  assert.equal(await staff.inputValue('#recall-note'), 'A note that stays.');
  assert.equal(await staff.isChecked('input[value=error]'), true);
});

test('who may not recall it is told whom to ask', async () => {
  await refuseOnce('recall-needs-admin', 403);
  await staff.click('dialog button[type=submit]');
  await showsText(staff, 'dialog .error-line', /^An admin has to recall this message/);
  await look(staff, 'staff-recall-needs-admin');
  await staff.click('dialog button:has-text("Cancel")');
  await staff.waitForSelector('dialog', { state: 'detached' });
});

test('an undo that comes too late says so and leaves the message', async () => {
  await staff.fill('#compose', 'Hasta luego.');
  await staff.click('.composer button[type=submit]');
  await refuseOnce('too-late-to-undo', 409);
  await staff.click('.undo-bar button');
  await showsText(staff, '.undo-bar [role=alert]', /^Too late to undo/);
  assert.equal(await staff.locator('.message:has-text("Hasta luego.")').count(), 1);
});

test('no page complained', () => browser.assertQuiet());
