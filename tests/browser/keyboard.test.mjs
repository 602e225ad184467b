/** The patient's way with the keyboard alone, and what a screen reader is told on the way. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { showsText, startBrowser } from './support/browser.mjs';
import { PEOPLE, signInStaff, writeTo } from './support/people.mjs';
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

/** What has the focus: its id, or its text. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    return element === document.body ? 'body' : element?.id || element?.textContent?.trim() || element?.tagName;
  });

/** Presses Tab until the wanted element has the focus; fails when it cannot be reached. */
async function tabTo(page, wanted, most = 40) {
  const seen = [];
  for (let step = 0; step < most; step += 1) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    seen.push(now);
    if (now === wanted) {
      await assertRing(page, wanted);
      return;
    }
  }
  assert.fail(`no way to ${wanted} by Tab: ${seen.join(' > ')}`);
}

/** Everything that has the focus shows it. */
async function assertRing(page, name) {
  const ring = await page.evaluate(() => {
    const style = getComputedStyle(document.activeElement);
    return { width: parseFloat(style.outlineWidth), kind: style.outlineStyle };
  });
  assert.ok(ring.kind !== 'none' && ring.width >= 2, `${name} shows no focus`);
}

test('sign in, read and write without a mouse', async () => {
  const page = await browser.person();
  await page.goto(product.origin);
  await page.waitForSelector('#address');
  await page.keyboard.press('Tab');
  assert.equal(await focused(page), 'Skip to the content');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'main');
  await tabTo(page, 'address');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.error-summary:focus');
  await tabTo(page, 'Type your e-mail address or your phone number');
  await page.keyboard.press('Enter');
  assert.equal(await focused(page), 'address');
  await page.keyboard.type(PEOPLE.john.email);
  await page.keyboard.press('Enter');

  await page.waitForSelector('#code');
  assert.equal(await focused(page), 'Look in your e-mail');
  await tabTo(page, 'code');
  await page.keyboard.type(codeIn(await product.sentTo(PEOPLE.john.email, 0, hasCode)));
  await page.keyboard.press('Enter');

  await page.waitForSelector('#birth-day');
  assert.equal(await focused(page), 'What is your birth date?');
  await tabTo(page, 'birth-month');
  await page.keyboard.type('November');
  await tabTo(page, 'birth-day');
  await page.keyboard.type('2');
  await tabTo(page, 'birth-year');
  await page.keyboard.type('1950');
  await tabTo(page, 'Open my messages');
  await page.keyboard.press('Enter');

  await page.waitForSelector('h1:has-text("Your messages")');
  assert.equal(await focused(page), 'Your messages');
  await tabTo(page, 'Write to the practice');
  await page.keyboard.press('Enter');

  await page.waitForSelector('#new-topic');
  assert.equal(await focused(page), 'Write to the practice');
  await tabTo(page, 'new-topic');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await tabTo(page, 'Continue');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#compose');
  assert.equal(await focused(page), 'Appointment');
  await tabTo(page, 'compose');
  await page.keyboard.type('May I come an hour later?');
  await tabTo(page, 'Send');
  await page.keyboard.press('Enter');

  await page.waitForSelector('.message:has-text("an hour later")');
  assert.match(page.url(), /\/conversations\/cnv_/);
  await tabTo(page, 'compose');
  await page.keyboard.type('Thank you.');
  await tabTo(page, 'Send');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.message:has-text("Thank you.")');
  assert.equal(await focused(page), 'compose');
  await page.waitForFunction(() => document.querySelector('[role=status]').textContent.includes('Your message was sent'));

  for (let step = 0; step < 40 && (await focused(page)) !== 'Finish and sign out'; step += 1) {
    await page.keyboard.press('Shift+Tab');
  }
  await page.keyboard.press('Enter');
  await page.waitForSelector('h1:has-text("You are signed out")');
  assert.equal(await focused(page), 'You are signed out');
  await page.context().close();
});

test('a message that arrives is said aloud and takes no focus', async () => {
  const staff = await browser.person({ viewport: { width: 1280, height: 800 } });
  await signInStaff(staff, product);
  await writeTo(staff, product, PEOPLE.maria.name, 'billing', 'Your bill is ready.');
  const page = await browser.person();
  await page.goto(linkIn(await product.sentTo(PEOPLE.maria.email, 0, isNotice)).replace('l=es', 'l=en'));
  await page.waitForSelector('#birth-day');
  await tabTo(page, 'birth-month');
  await page.keyboard.type('March');
  await tabTo(page, 'birth-day');
  await page.keyboard.type('14');
  await tabTo(page, 'birth-year');
  await page.keyboard.type('1985');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.message:has-text("Your bill is ready.")');
  await tabTo(page, 'compose');
  await page.keyboard.type('half a sen');
  await staff.fill('#compose', 'It is paid already.');
  await staff.keyboard.press('Control+Enter');
  await page.waitForSelector('.message:has-text("It is paid already.")', { timeout: 10_000 });
  await showsText(page, '[role=status]', /New message from/);
  assert.equal(await focused(page), 'compose');
  assert.equal(await page.inputValue('#compose'), 'half a sen');
  await page.context().close();
  await staff.context().close();
});

test('the inbox by arrow keys', async () => {
  const staff = await browser.person({ viewport: { width: 1280, height: 800 } });
  await signInStaff(staff, product);
  await staff.waitForSelector('.inbox-item');
  await staff.locator('.inbox-item').first().focus();
  const first = await focused(staff);
  await staff.keyboard.press('ArrowDown');
  assert.notEqual(await focused(staff), first);
  await staff.keyboard.press('ArrowUp');
  assert.equal(await focused(staff), first);
  await staff.keyboard.press('Enter');
  await staff.waitForSelector('.message');
  await staff.context().close();
});

test('no page complained', () => browser.assertQuiet());
