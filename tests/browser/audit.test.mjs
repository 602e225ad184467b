/** The log in plain words, a recalled message opened with a second person's word, the record for paper, and the patient's own log. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { askForCode, PEOPLE, signInByCode, signInStaff, writeTo } from './support/people.mjs';
import { hasCode, linkIn, startProduct } from './support/product.mjs';

const WRONG = 'Sr. Carter, su cirugía es el lunes.';
const REASON = 'Mr. Carter complained on the phone.';

let product;
let browser;
let ana;
let ida;
let maria;
let evidence;

/** Ida has no inbox: her sign-in ends where the console says so. */
async function signInAuditor(page) {
  const email = 'ida@demo.test';
  const before = await product.countTo(email);
  await askForCode(page, product.origin, email, '/staff/');
  await page.goto(linkIn(await product.sentTo(email, before, hasCode)));
  await page.click('main button.button-primary');
  await page.waitForSelector('nav a[href="/staff/audit"]');
}

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  const wide = { viewport: { width: 1280, height: 800 }, acceptDownloads: true };
  ana = await browser.person({ ...wide });
  ida = await browser.person({ ...wide, expectedStatus: [403, 422] });
  maria = await browser.person({ locale: 'es-US' });
  await signInStaff(ana, product);
  await writeTo(ana, product, PEOPLE.maria.name, 'prescription', WRONG);
  await signInByCode(maria, product, PEOPLE.maria.email, PEOPLE.maria.birth);
  await maria.click('.conversation');
  await maria.waitForSelector(`.message:has-text("${WRONG}")`);
  const download = ana.waitForEvent('download');
  await ana.click('button:has-text("Copy for the chart")');
  const copy = await readFile(await (await download).path(), 'utf8');
  assert.match(copy, /Maria Lopez, 1985-03-14/);
  assert.ok(copy.includes(WRONG));
  await ana.click(`.message-row:has-text("${WRONG}") button:has-text("Recall")`);
  await ana.check('input[value=wrong_patient]');
  await ana.click('dialog button[type=submit]');
  evidence = /evd_[0-9a-z]{26}/.exec(await ana.textContent('.evidence'))[0];
  await ana.click('dialog button:has-text("Done")');
  await signInAuditor(ida);
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});

test('the log speaks in plain words and is narrowed by who and by day', async () => {
  await ida.click('nav a[href="/staff/audit"]');
  await showsText(ida, 'h1', 'Audit');
  await ida.waitForSelector('.audit-events .row-title:has-text("Recalled a message")');
  await look(ida, 'audit');
  await ida.fill('#audit-actor', 'nobody');
  await ida.click('.audit-filter button[type=submit]');
  await showsText(ida, '#audit-actor-error', 'That is not the number of anybody');
  await ida.fill('#audit-actor', 'system');
  await ida.click('.audit-filter button[type=submit]');
  await ida.waitForSelector('.audit-events .row-title:has-text("The practice was set up")');
  assert.equal(await ida.locator('.audit-events .row-title:has-text("Recalled a message")').count(), 0);
  await ida.fill('#audit-actor', '');
  await ida.fill('#audit-to', '2020-01-01');
  await ida.click('.audit-filter button[type=submit]');
  await ida.waitForSelector('.list-note:has-text("Nothing was written down that fits")');
});

test('the lines are downloaded, to be checked without this service', async () => {
  const download = ida.waitForEvent('download');
  await ida.click('button:has-text("Download the log")');
  const lines = (await readFile(await (await download).path(), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line));
  lines.forEach((line, at) => assert.equal(line.index, at + 1));
  assert.ok(lines.some((line) => line.event.verb === 'message_recalled'));
  await ida.click('button:has-text("Show signed checkpoints")');
  await ida.waitForSelector('h2:has-text("Check the log") ~ .rows .row-title, .list-note:has-text("No checkpoint")');
});

test('an auditor asks with a reason', async () => {
  await ida.goto(`${product.origin}/staff/evidence/${evidence}`);
  await ida.fill('#evidence-reason', 'because');
  await ida.click('form button[type=submit]');
  await showsText(ida, '#evidence-reason-error', 'Write at least 10 characters');
  assert.equal(await ida.evaluate(() => document.activeElement?.id), 'evidence-reason');
  await ida.fill('#evidence-reason', REASON);
  await ida.click('form button[type=submit]');
  await showsText(ida, '.card strong', 'Waits for an administrator.');
  assert.equal(await ida.locator('button:has-text("Open the message")').count(), 0);
  await look(ida, 'evidence-waiting');
});

test('an admin sees who asks and why, and allows it', async () => {
  await product.sentTo(PEOPLE.ana.email, 0, (sent) => sent.text.includes('what was kept of a recalled message'));
  await ana.click('nav a[href="/staff/audit"]');
  await ana.click(`.row-title a[href$="${evidence}"]`);
  await showsText(ana, '.quoted', REASON);
  await look(ana, 'evidence-decide');
  await ana.click('button:has-text("Allow")');
  await showsText(ana, '.card strong', /^Allowed\. It can be opened until /);
  assert.equal(await ana.locator('button:has-text("Open the message")').count(), 0, 'not for who allowed it');
});

test('the auditor opens it, and the log says so with the reason', async () => {
  await ida.reload();
  await ida.click('button:has-text("Open the message")');
  await showsText(ida, '.evidence-words', WRONG);
  await look(ida, 'evidence-open');
  await ida.goto(`${product.origin}/staff/audit`);
  await ida.waitForSelector('.audit-events .row:has-text("Opened a recalled message")');
  await showsText(ida, '.audit-events .row:has-text("Opened a recalled message") .row-more[dir=auto]', `Reason: ${REASON}`);
});

test('the record of the incident is made for paper', async () => {
  await ida.goto(`${product.origin}/staff/evidence/${evidence}/incident`);
  await ida.waitForSelector('.incident h3');
  await showsText(ida, '.incident strong', /^First opened by Maria Lopez/);
  await look(ida, 'incident');
  await ida.emulateMedia({ media: 'print' });
  assert.equal(await ida.evaluate(() => getComputedStyle(document.querySelector('header')).visibility), 'hidden');
  assert.equal(await ida.evaluate(() => getComputedStyle(document.querySelector('.incident h2')).visibility), 'visible');
  await ida.emulateMedia({ media: 'screen' });
});

test('an admin recalls for a colleague, without reading', async () => {
  await ana.goto(`${product.origin}/staff/audit`);
  await ana.click('.audit-events .row:has-text("Wrote a message") a:has-text("Recall this message")');
  await showsText(ana, 'h1', 'Recall a message for a colleague');
  await ana.click('.card button');
  await ana.waitForSelector('dialog');
  await look(ana, 'recall-for-colleague');
  await ana.check('input[value=error]');
  await ana.click('dialog button[type=submit]');
  await showsText(ana, '#recalled-title', 'The message was recalled');
  assert.equal(await ana.locator('dialog button:has-text("Write a correction")').count(), 0);
});

test('a patient sees who opened her messages, in her language and by keyboard', async () => {
  // What the log says of a patient comes with the links of the chain, which are made each minute.
  await maria.goto(`${product.origin}/conversations`);
  await maria.focus('a[href="/access"]');
  await maria.keyboard.press('Enter');
  await showsText(maria, 'h1', 'Quién abrió mis mensajes');
  for (let tries = 0; (await maria.locator('.entry-name:has-text("Retiró un mensaje")').count()) === 0; tries += 1) {
    assert.ok(tries < 80, 'nothing came for 80 seconds');
    await maria.waitForTimeout(1000);
    if (tries % 5 === 4) await maria.reload();
  }
  await showsText(maria, '.entry:has-text("Abrió mensajes") .entry-detail', /^Usted · /);
  assert.equal(await maria.locator('.entry:has-text("nota")').count(), 0);
  await look(maria, 'access-log-es');
});

test('no page complained', () => browser.assertQuiet());
