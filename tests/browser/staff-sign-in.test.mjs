/** Staff: passkeys, the lock, a fresh proof before some acts, and the page about one's own sign-in. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { withAuthenticator } from './support/passkeys.mjs';
import { askForCode, PEOPLE, signInStaff, writeTo } from './support/people.mjs';
import { codeIn, hasCode, linkIn, startProduct } from './support/product.mjs';

const DESK = { viewport: { width: 1280, height: 800 } };

let product;
let browser;
let ana;
let key;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  ana = await browser.person({ ...DESK, expectedStatus: [403] });
  key = await withAuthenticator(ana);
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});

/** What a person can see, and what a screen reader can say. */
const seen = (page) => page.evaluate(() => document.body.innerText);
const focused = (page) => page.evaluate(() => (document.activeElement.id || document.activeElement.textContent).trim());

/** The code that an authenticator app shows for a secret (RFC 6238: SHA-1, 30 seconds, 6 digits). */
function totp(secret, at = Date.now()) {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const bytes = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac('sha1', bytes).update(counter).digest();
  const offset = mac[19] & 15;
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('the sign-in page asks for a passkey first', async () => {
  await ana.goto(`${product.origin}/staff/`);
  await ana.waitForSelector('#address');
  assert.equal(await ana.locator('main button').first().textContent(), 'Sign in with a passkey');
  await look(ana, 'staff-sign-in');
});

test('a browser without a passkey of this practice says so, and the mail is still there', async () => {
  // Nobody puts a finger on it: the browser ends the question.
  await key.verifies(false);
  await ana.click('button:has-text("Sign in with a passkey")');
  await ana.waitForSelector('.error-line:has-text("No passkey came")');
  await key.verifies(true);
  assert.ok(await ana.isVisible('#address'));
});

test('Ana comes in by mail and adds a passkey', async () => {
  await signInStaff(ana, product);
  await ana.click('.bar-name');
  await ana.waitForSelector('text=You have no passkey yet.');
  await ana.click('button:has-text("Add a passkey")');
  await ana.waitForSelector('#passkeys ~ .rows .row:has-text("Chrome")');
  await showsText(ana, '#passkeys ~ .rows .row', /Never used/);
  await ana.waitForSelector('.note:has-text("You have one passkey")');
  assert.equal((await key.passkeys()).length, 1);
  await look(ana, 'staff-my-sign-in');
});

test('the same authenticator makes no second passkey', async () => {
  await ana.click('button:has-text("Add a passkey")');
  await ana.waitForSelector('.error-line:has-text("has a passkey for you already")');
});

test('the next sign-in is one press', async () => {
  await ana.click('.bar-sign-out');
  await ana.waitForSelector('#address');
  await ana.click('button:has-text("Sign in with a passkey")');
  await ana.waitForSelector('.views');
});

test('after the link the passkey is asked for: link or code alone open nothing any more', async () => {
  const page = await browser.person(DESK);
  const other = await withAuthenticator(page);
  const before = await product.countTo(PEOPLE.ana.email);
  await askForCode(page, product.origin, PEOPLE.ana.email, '/staff/');
  await page.fill('#code', codeIn(await product.sentTo(PEOPLE.ana.email, before, hasCode)));
  await page.click('form button[type=submit]');
  await page.waitForSelector('h1:has-text("One more proof")');
  assert.equal(await focused(page), 'One more proof');
  assert.equal(await page.locator('.proof-way').count(), 1);
  await look(page, 'staff-second-factor');
  // Loaded again, the page goes on where it was.
  await page.reload();
  await page.waitForSelector('h1:has-text("One more proof")');
  await other.takeFrom(key);
  await page.click('button:has-text("Use your passkey")');
  await page.waitForSelector('.views');
  await key.takeFrom(other);
  await page.context().close();
});

test('who has no factor at all makes the first passkey by the link', async () => {
  // The demonstration lets a link alone do: this is what a deployed practice answers.
  const page = await browser.person(DESK);
  await page.route('**/v1/sessions', (route) => route.fulfill({ contentType: 'application/json', body: '{"next":"enrol"}' }));
  await page.goto(`${product.origin}/staff/l#t=${'x'.repeat(22)}`);
  await page.click('main button.button-primary');
  await page.waitForSelector('h1:has-text("Create your passkey")');
  await look(page, 'staff-enrol');
  // Without a proven link behind it, the server makes none.
  await page.click('button:has-text("Create a passkey")');
  await page.waitForSelector('.error-line:has-text("Too much time has passed")');
  await page.context().close();
});

test('Ctrl + Shift + L locks: nothing of the page is left to see, and the draft comes back', async () => {
  await writeTo(ana, product, PEOPLE.maria.name, 'billing', 'About your bill.');
  await ana.fill('#compose', 'half a sentence');
  await ana.keyboard.press('Control+Shift+L');
  await ana.waitForSelector('#lock-title');
  const text = await seen(ana);
  assert.doesNotMatch(text, /Maria|About your bill/);
  assert.match(text, /Ana Castillo/);
  assert.doesNotMatch(await ana.title(), /Maria|Bill/);
  assert.equal(await focused(ana), 'Unlock with a passkey');
  // No key leads to what is beneath.
  for (let step = 0; step < 8; step += 1) {
    await ana.keyboard.press('Tab');
    assert.ok(await ana.evaluate(() => document.activeElement === document.body || document.activeElement.closest('.lock') !== null));
  }
  await ana.keyboard.press('Escape');
  await ana.keyboard.press('Escape');
  assert.ok(await ana.isVisible('#lock-title'));
  await look(ana, 'staff-lock');
  await ana.click('button:has-text("Unlock with a passkey")');
  await ana.waitForSelector('#lock-title', { state: 'detached' });
  assert.equal(await ana.inputValue('#compose'), 'half a sentence');
  assert.equal(await focused(ana), 'compose');
});

test('a locked page asks the server for nothing', async () => {
  await ana.click('.bar-button:has-text("Lock")');
  await ana.waitForSelector('#lock-title');
  await ana.waitForTimeout(500);
  const asked = [];
  const note = (request) => asked.push(`${request.method()} ${new URL(request.url()).pathname}`);
  ana.on('request', note);
  await ana.waitForTimeout(6000);
  ana.off('request', note);
  assert.deepEqual(asked, []);
  await ana.click('button:has-text("Unlock with a passkey")');
  await ana.waitForSelector('#lock-title', { state: 'detached' });
});

test('a page that finds its session locked covers itself, and what was pressed is done after unlocking', async () => {
  const beside = await ana.context().newPage();
  await beside.goto(`${product.origin}/staff/`);
  await beside.waitForSelector('.views');
  await ana.fill('#compose', 'Sent after the lock.');
  await beside.keyboard.press('Control+Shift+L');
  await beside.waitForSelector('#lock-title');
  await ana.bringToFront();
  await ana.locator('#compose, #lock-title').first().waitFor();
  if (await ana.locator('#lock-title').count() === 0) await ana.keyboard.press('Control+Enter').catch(() => undefined);
  await ana.waitForSelector('#lock-title');
  await ana.click('button:has-text("Unlock with a passkey")');
  await ana.waitForSelector('#lock-title', { state: 'detached' });
  if ((await ana.inputValue('#compose')) !== '') await ana.press('#compose', 'Control+Enter');
  await ana.waitForSelector('.message:has-text("Sent after the lock.")');
  // The other window sees that the session is open again.
  await beside.bringToFront();
  await beside.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await beside.waitForSelector('#lock-title', { state: 'detached' });
  await beside.close();
});

test('a page loaded while locked stays locked', async () => {
  await ana.keyboard.press('Control+Shift+L');
  await ana.waitForSelector('#lock-title');
  await ana.waitForTimeout(300);
  await ana.reload();
  await ana.waitForSelector('#lock-title');
  await ana.click('button:has-text("Unlock with a passkey")');
  await ana.waitForSelector('.message:has-text("Sent after the lock.")');
});

test('an act that needs a fresh proof asks once, and is done', async () => {
  // The demonstration asks for no fresh proof: this answer is what a deployed practice gives.
  let refused = 0;
  await ana.route('**/v1/patients/pat_*', async (route) => {
    if (route.request().method() !== 'PATCH' || refused > 0) return route.fallback();
    refused += 1;
    await route.fulfill({
      status: 403,
      contentType: 'application/problem+json',
      body: JSON.stringify({ type: '/problems/step-up-required', title: 'x', status: 403 }),
    });
  });
  await ana.click('a:has-text("Patient page")');
  await ana.click('a:has-text("Correct this record")');
  await ana.waitForSelector('#edit-birth-day');
  await ana.fill('#edit-birth-day', '15');
  await ana.click('button:has-text("Save")');
  await ana.waitForSelector('#step-up-title');
  assert.equal(await focused(ana), 'Use your passkey');
  await look(ana, 'staff-step-up');
  await ana.click('.dialog button:has-text("Use your passkey")');
  await ana.waitForSelector('.facts:has-text("March 15, 1985")');
  await ana.unroute('**/v1/patients/pat_*');
});

test('closing the dialog leaves the act undone and the page as it was', async () => {
  await ana.route('**/v1/patients/pat_*', (route) =>
    route.request().method() === 'PATCH'
      ? route.fulfill({ status: 403, contentType: 'application/problem+json', body: '{"type":"/problems/step-up-required"}' })
      : route.fallback(),
  );
  await ana.click('a:has-text("Correct this record")');
  await ana.waitForSelector('#edit-birth-day');
  await ana.fill('#edit-birth-day', '14');
  await ana.click('button:has-text("Save")');
  await ana.waitForSelector('#step-up-title');
  await ana.keyboard.press('Escape');
  await ana.waitForSelector('.error-summary:has-text("nobody confirmed who is here")');
  assert.equal(await ana.inputValue('#edit-birth-day'), '14');
  await ana.unroute('**/v1/patients/pat_*');
  await ana.click('button:has-text("Save")');
  await ana.waitForSelector('.facts:has-text("March 14, 1985")');
});

test('Ben sets up an authenticator app and prints his recovery codes', async () => {
  const ben = await browser.person(DESK);
  await signInStaff(ben, product, 'ben@demo.test');
  await ben.click('.bar-name');
  await ben.click('button:has-text("Set up an app")');
  await ben.waitForSelector('.qr path');
  const secret = (await ben.textContent('.secret')).replace(/\s/g, '');
  assert.match(secret, /^[A-Z2-7]{32}$/);
  await look(ben, 'staff-authenticator');
  await ben.fill('#totp-confirm', '12');
  await ben.click('button:has-text("Turn it on")');
  await ben.waitForSelector('#totp-confirm-error');
  await ben.fill('#totp-confirm', totp(secret));
  await ben.click('button:has-text("Turn it on")');
  await ben.waitForSelector('.codes li >> nth=9');
  const [code] = await ben.locator('.codes li').allTextContents();
  assert.match(code, /^[a-z0-9]{4}(-[a-z0-9]{4}){3}$/);
  await look(ben, 'staff-recovery-codes');
  await ben.emulateMedia({ media: 'print' });
  assert.ok(await ben.isVisible('.codes'));
  assert.ok(!(await ben.isVisible('.bar')));
  await ben.emulateMedia({ media: null });
  await ben.click('button:has-text("I have kept them")');
  await showsText(ben, '#totp ~ .section-text', 'The app is set up. 10 recovery codes are left.');
  await ben.click('.bar-sign-out');
  await ben.waitForSelector('#address');

  // The link asks for the app now. A recovery code will do where the phone is lost.
  const before = await product.countTo('ben@demo.test');
  await askForCode(ben, product.origin, 'ben@demo.test', '/staff/');
  await ben.goto(linkIn(await product.sentTo('ben@demo.test', before, hasCode)));
  await ben.click('main button.button-primary');
  await ben.waitForSelector('#second-totp');
  await ben.click('button:has-text("Use a recovery code")');
  assert.equal(await focused(ben), 'second-recovery_code');
  await look(ben, 'staff-second-factor-app');
  await ben.fill('#second-recovery_code', 'aaaa-aaaa-aaaa-aaaa');
  await ben.keyboard.press('Enter');
  await ben.waitForSelector('#second-recovery_code-error');
  await ben.fill('#second-recovery_code', code.toUpperCase().replaceAll('-', ' '));
  await ben.keyboard.press('Enter');
  await ben.waitForSelector('.views');
  await ben.context().close();
});

test('in the demonstration a code by e-mail unlocks too', async () => {
  const ida = await browser.person({ ...DESK, expectedStatus: [403] });
  await signInStaff(ida, product, 'ida@demo.test');
  await ida.keyboard.press('Control+Shift+L');
  await ida.waitForSelector('#lock-title');
  const before = await product.countTo('ida@demo.test');
  await ida.click('button:has-text("E-mail me a code")');
  await ida.waitForSelector('#lock-mail');
  assert.equal(await focused(ida), 'lock-mail');
  await showsText(ida, '#lock-mail-hint', /^We sent it to i\*+@d\*+\.test\.$/);
  await look(ida, 'staff-lock-code');
  await ida.fill('#lock-mail', '0000 0000');
  await ida.keyboard.press('Enter');
  await ida.waitForSelector('#lock-mail-error');
  await ida.fill('#lock-mail', codeIn(await product.sentTo('ida@demo.test', before, hasCode)));
  await ida.keyboard.press('Enter');
  await ida.waitForSelector('#lock-title', { state: 'detached' });
  await ida.context().close();
});

test('another member of staff takes over a locked screen by their own passkey', async () => {
  // Both passkeys are in this browser; the person picks one. Here only Ana's answers.
  const page = await browser.person({ ...DESK, expectedStatus: [403] });
  await signInStaff(page, product, 'ida@demo.test');
  const own = await withAuthenticator(page);
  await own.takeFrom(key);
  await page.keyboard.press('Control+Shift+L');
  await page.waitForSelector('#lock-title');
  await page.click('button:has-text("Switch user")');
  await page.waitForSelector('.bar-name:has-text("Ana Castillo")');
  await key.takeFrom(own);
  await page.context().close();
});

test('sessions are listed and ended, one or all', async () => {
  const other = await browser.person(DESK);
  const copy = await withAuthenticator(other);
  await copy.takeFrom(key);
  await other.goto(`${product.origin}/staff/`);
  await other.click('button:has-text("Sign in with a passkey")');
  await other.waitForSelector('.views');
  await key.takeFrom(copy);
  await ana.goto(`${product.origin}/staff/account`);
  await ana.waitForSelector('#sessions ~ .rows .row:has-text("This browser")');
  const rows = ana.locator('#sessions ~ .rows .row');
  const count = await rows.count();
  assert.ok(count >= 2);
  await rows.locator('button').first().click();
  await ana.waitForFunction((before) => document.querySelectorAll('#sessions ~ .rows .row').length < before, count);
  await ana.click('button:has-text("Sign out everywhere")');
  await ana.click('.dialog button:has-text("Sign out everywhere")');
  await ana.waitForSelector('#address');
  await other.reload();
  await other.waitForSelector('#address');
  await other.context().close();
});

test('an administrator resets a colleague, who then needs a new passkey', async () => {
  await ana.click('button:has-text("Sign in with a passkey")');
  await ana.waitForSelector('.views');
  await ana.click('.bar-nav a:has-text("Staff")');
  const row = ana.locator('.row:has-text("Ben Okafor")');
  await row.waitFor();
  assert.equal(await ana.locator('.row:has-text("Ana Castillo") button').count(), 0);
  await look(ana, 'staff-people');
  const before = await product.countTo(PEOPLE.ana.email);
  await row.locator('button').click();
  await ana.click('.dialog button:has-text("Reset sign-in")');
  await ana.waitForSelector('.done-line:has-text("Ben Okafor")');
  await product.sentTo(PEOPLE.ana.email, before, (sent) => !hasCode(sent));
});

test('no page complained', () => browser.assertQuiet());
