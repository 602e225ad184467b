/** What pages do when the network, the server or the session fails. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { look, showsText, startBrowser, violations } from './support/browser.mjs';
import { PEOPLE, signInByCode, signInStaff, typeBirthDate, writeTo } from './support/people.mjs';
import { codeIn, hasCode, startProduct } from './support/product.mjs';

let product;
let browser;

before(async () => {
  product = await startProduct();
  browser = await startBrowser();
  const staff = await browser.person({ viewport: { width: 1280, height: 800 } });
  await signInStaff(staff, product);
  await writeTo(staff, product, PEOPLE.john.name, 'medical_question', 'How is the eye today?');
  await staff.context().close();
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});
afterEach(() => browser.assertQuiet());

async function johnInConversation(options) {
  const page = await browser.person(options);
  await signInByCode(page, product, PEOPLE.john.email, PEOPLE.john.birth);
  await page.click('.conversation');
  await page.waitForSelector('.message');
  return page;
}

test('the list shows what is new, and reading clears it', async () => {
  const page = await browser.person();
  await signInByCode(page, product, PEOPLE.john.email, PEOPLE.john.birth);
  await page.waitForSelector('.conversation .badge');
  await look(page, 'conversations');
  await page.click('.conversation');
  await page.waitForSelector('.first-unread');
  await look(page, 'conversation');
  await page.click('.back a');
  await page.waitForSelector('.conversation:not(:has(.badge))', { timeout: 10_000 });
  await page.context().close();
});

test('text is never lost: no answer, an answer lost on its way, then success, and one message', async () => {
  const page = await johnInConversation({ expectedStatus: [503] });
  const keys = [];
  let failure = 'down';
  await page.route('**/messages', async (route) => {
    if (route.request().method() !== 'POST') return route.fallback();
    keys.push(route.request().headers()['idempotency-key']);
    if (failure === 'down') return route.abort();
    if (failure === 'busy') return route.fulfill({ status: 503, json: { message: 'Service Unavailable' } });
    if (failure === 'lost') {
      await route.fetch();
      return route.abort();
    }
    return route.fallback();
  });
  await page.fill('#compose', 'Much better, thank you.');
  for (failure of ['down', 'busy', 'lost']) {
    await page.click('.composer button[type=submit]');
    await page.waitForSelector('.composer .error-line');
    await page.waitForSelector('.composer button:not([aria-disabled])');
    assert.equal(await page.inputValue('#compose'), 'Much better, thank you.');
    if (failure === 'down') await look(page, 'not-sent');
  }
  failure = 'none';
  await page.click('.composer button[type=submit]');
  await page.waitForFunction(() => document.querySelector('#compose').value === '');
  assert.equal(new Set(keys).size, 1, 'one attempt, one key');
  await page.reload();
  await page.waitForSelector('.message:has-text("Much better")');
  assert.equal(await page.locator('.message:has-text("Much better")').count(), 1);
  await page.context().close();
});

test('a session that ends clears the screen and keeps the unsent text in this window', async () => {
  const page = await johnInConversation();
  await page.fill('#compose', 'I wanted to say');
  await page.context().clearCookies();
  await page.waitForSelector('h1:has-text("You were signed out")', { timeout: 15_000 });
  assert.equal(await page.locator('.message').count(), 0);
  await look(page, 'session-ended');
  const stored = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state]));
  assert.ok(!stored.includes('I wanted') && !stored.includes('eye'), stored);
  await page.click('main button');
  await page.waitForSelector('#address');
  const address = PEOPLE.john.email;
  const before = await product.countTo(address);
  await page.fill('#address', address);
  await page.click('form button[type=submit]');
  await page.waitForSelector('#code');
  const { codeIn, hasCode } = await import('./support/product.mjs');
  const { typeBirthDate } = await import('./support/people.mjs');
  await page.fill('#code', codeIn(await product.sentTo(address, before, hasCode)));
  await page.click('form button[type=submit]');
  await page.waitForSelector('#birth-day');
  await typeBirthDate(page, PEOPLE.john.birth);
  await page.click('form button[type=submit]');
  await page.waitForSelector('.message');
  assert.equal(await page.inputValue('#compose'), 'I wanted to say');
  await page.context().close();
});

test('before an unattended session ends the page asks, and one press keeps it', async () => {
  const page = await johnInConversation();
  await page.route('**/v1/session', async (route) => {
    const session = await (await route.fetch()).json();
    await route.fulfill({ json: { ...session, idle_expires_at: new Date(Date.now() + 100_000).toISOString() } });
  });
  await page.reload();
  await page.waitForSelector('.ending:focus', { timeout: 15_000 });
  await look(page, 'session-ending');
  await page.unroute('**/v1/session');
  await page.click('.ending button');
  await page.waitForSelector('.ending', { state: 'detached' });
  assert.equal(await page.locator('.message').count() > 0, true);
  await page.context().close();
});

test('too much text is told before it is sent', async () => {
  const page = await johnInConversation();
  await page.fill('#compose', 'a'.repeat(9_990));
  await showsText(page, '#compose-left', /10 characters left/);
  await page.fill('#compose', 'a'.repeat(10_001));
  await page.click('.composer button[type=submit]');
  await page.waitForSelector('.composer .error-line:has-text("too many")');
  assert.deepEqual(await violations(page), []);
  await page.context().close();
});

test('somebody else’s conversation and pages that are not there', async () => {
  const page = await browser.person({ expectedStatus: [404] });
  await signInByCode(page, product, PEOPLE.john.email, PEOPLE.john.birth);
  await page.waitForSelector('.conversation');
  await page.goto(`${product.origin}/conversations/cnv_01jd0000000000000000000000`);
  await page.waitForSelector('h1:has-text("This conversation is not here")');
  await look(page, 'conversation-missing');
  await page.goto(`${product.origin}/conversations/one/two`);
  await page.waitForSelector('h1:has-text("This page is not here")');
  await page.context().close();
});

test('pages turn for languages written from right to left', async () => {
  const page = await johnInConversation();
  await page.fill('#compose', 'Thank you.');
  await page.click('.composer button[type=submit]');
  await page.waitForSelector('.message-own:has-text("Thank you.")');
  const side = () =>
    page.evaluate(() => {
      const own = document.querySelector('.message-own').getBoundingClientRect();
      return own.left + own.width / 2 > innerWidth / 2 ? 'right' : 'left';
    });
  assert.equal(await side(), 'right');
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  assert.equal(await side(), 'left');
  await look(page, 'conversation-turned');
  await page.context().close();
});

test('without script the pages say whom to call, in both languages', async () => {
  for (const path of ['/', '/n', '/l', '/staff/']) {
    const page = await browser.person({ javaScriptEnabled: false });
    await page.goto(product.origin + path);
    assert.equal(await page.locator('#fallback').isVisible(), true, path);
    const text = await page.textContent('#fallback');
    assert.match(text, path === '/staff/' ? /needs a current browser/ : /call your practice/);
    assert.match(text, path === '/staff/' ? /navegador actual/ : /llamar a su consultorio/);
    await page.context().close();
  }
});

test('a server that does not answer is told, with a way to try again', async () => {
  const page = await browser.person();
  await page.route('**/v1/session', (route) => route.abort());
  await page.goto(`${product.origin}/conversations`);
  await page.waitForSelector('text=We cannot reach the server');
  await page.unroute('**/v1/session');
  await page.click('main button');
  await page.waitForSelector('#address');
  await page.context().close();
});

test('a page whose script does not come says so, and opens by one press once the server answers', async () => {
  const page = await browser.person();
  await signInByCode(page, product, PEOPLE.john.email, PEOPLE.john.birth);
  await page.route('**/assets/Devices-*', (route) => route.abort());
  await page.click('a[href="/devices"]');
  await showsText(page, 'main', /We cannot reach the server.*Or call us:.*\(555\) 555-0100/s);
  await look(page, 'page-not-loaded');
  await page.evaluate(() => (window.isSamePage = true));
  await page.route('**/v1/session', (route) => route.abort());
  await page.click('main .card button');
  await page.waitForTimeout(300);
  assert.equal(await page.evaluate(() => window.isSamePage), true, 'offline the page stays');
  await page.unroute('**/v1/session');
  await page.unroute('**/assets/Devices-*');
  await page.click('main .card button');
  await page.waitForSelector('h1:has-text("My phones and computers")');
  await page.context().close();
});

test('a language that does not come keeps nobody out', async () => {
  const page = await browser.person();
  let tries = 0;
  await page.route('**/assets/portal-*', (route) => ((tries += 1) === 1 ? route.abort() : route.fallback()));
  await page.goto(product.origin);
  await page.waitForSelector('#address');
  await page.route('**/assets/portal-*', (route) => route.abort());
  await page.click('.language[lang=es]');
  await showsText(page, '[role=status]', /We cannot reach the server/);
  await page.evaluate(() => localStorage.clear());
  const before = await product.countTo(PEOPLE.maria.email);
  await page.fill('#address', PEOPLE.maria.email);
  await page.click('form button[type=submit]');
  await page.waitForSelector('#code');
  await page.fill('#code', codeIn(await product.sentTo(PEOPLE.maria.email, before, hasCode)));
  await page.click('form button[type=submit]');
  await page.waitForSelector('#birth-day');
  await typeBirthDate(page, PEOPLE.maria.birth);
  await page.click('form button[type=submit]');
  await page.waitForSelector('h1:has-text("Your messages")');
  await page.context().close();
});
