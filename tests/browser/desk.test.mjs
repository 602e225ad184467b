/** What staff do beside messages: inviting colleagues again, and what only staff see. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { signInStaff, writeTo } from './support/people.mjs';
import { startProduct } from './support/product.mjs';

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

test('an invitation that is over is seen in the staff list, and sent again by one press', async () => {
  // The practice of the demonstration invites nobody: its answers are given an invitation here.
  let ends = '2026-01-02T15:00:00.000Z';
  let over = true;
  const invited = (member) => ({ ...member, invitation: { ends_at: ends, over } });
  await page.route(/\/v1\/staff(\?|\/|$)/, async (route) => {
    if (route.request().method() === 'POST') {
      [ends, over] = ['2027-01-05T15:00:00.000Z', false];
      const list = await (await page.request.get(`${product.origin}/v1/staff`)).json();
      const ben = list.items.find((one) => one.name === 'Ben Okafor');
      return route.fulfill({ status: 202, json: invited(ben) });
    }
    const answer = await route.fetch();
    const body = await answer.json();
    const items = body.items.map((one) => (one.name === 'Ben Okafor' ? invited(one) : one));
    return route.fulfill({ response: answer, json: { ...body, items } });
  });
  await page.goto(`${product.origin}/staff/people`);
  await showsText(page, '.row:has-text("Ben")', /The invitation is over\./);
  await look(page, 'staff-invitation-over');
  await page.click('button:has-text("Invite again")');
  await showsText(page, '.done-line', 'Done. Ben Okafor gets a new invitation by e-mail.');
  await showsText(page, '.row:has-text("Ben Okafor")', /Can set up sign-in until/);
  await page.unroute(/\/v1\/staff(\?|\/|$)/);
});

test('who comes after the end of an invitation is told what to do', async () => {
  const nia = await browser.person({ ...DESK, expectedStatus: [403] });
  const problem = { type: '/problems/invitation-over', title: 'Your invitation is over.', status: 403 };
  await nia.route('**/v1/sessions', (route) =>
    route.fulfill({ status: 403, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
  );
  await nia.goto(`${product.origin}/staff/l#t=${'a'.repeat(22)}`);
  await nia.click('main button.button-primary');
  await showsText(nia, 'h1', 'Your invitation is over');
  await showsText(nia, 'main', /Ask your admin for a new invitation\./);
  await look(nia, 'staff-invitation-refused');
  await nia.context().close();
});

test('an address that belongs to somebody else lets nobody in before staff have said whom they mean', async () => {
  await page.goto(`${product.origin}/staff/patients`);
  await page.fill('#search', 'John');
  await page.click('.person:has-text("John Carter")');
  await page.click('button:has-text("Add a person")');
  await page.fill('#grant-name', 'Marie Carter');
  await page.fill('#grant-address', 'maria@patients.test');
  await page.click('dialog button[type=submit]');
  await showsText(page, '.error-summary', /Choose how you know/);
  await page.check('input[name=grant-reason][value=called_back]');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('#grant-whose:focus');
  await showsText(page, '#grant-whose', /Maria Lopez, reads the messages of 1 patient/);
  await look(page, 'staff-grant-known');
  // Nobody is in yet.
  await page.click('dialog button[type=submit]');
  await showsText(page, '.error-summary', /Choose the person, or change the address/);
  await page.fill('#grant-address', 'marie@carter.test');
  assert.equal(await page.isVisible('#grant-whose'), false);
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('.row:has-text("Marie Carter")');
  assert.equal(await page.isVisible('section:has(> #grants) .row:has-text("Maria Lopez")'), false);
});

test('a person of the practice is added by pressing their name', async () => {
  await page.click('button:has-text("Add a person")');
  await page.fill('#grant-name', 'Maria');
  await page.fill('#grant-address', 'maria@patients.test');
  await page.check('input[name=grant-reason][value=id_seen]');
  await page.click('dialog button[type=submit]');
  await page.check('#grant-whose input');
  await page.click('dialog button[type=submit]');
  await page.waitForSelector('section:has(> #grants) .row:has-text("Maria Lopez")');
});

test('notes stand beside the messages, look unlike them, and are written by keyboard', async () => {
  await writeTo(page, product, 'John Carter', 'billing', 'About your bill.');
  await page.waitForSelector('.notes-toggle');
  await showsText(page, '.notes-toggle', /Notes\s*Only staff see this/);
  assert.equal(await page.isVisible('#note-text'), false, 'nobody looks at notes without asking for them');
  // Closed, they are one line and take no width of the messages.
  const width = (selector) => page.locator(selector).evaluate((one) => one.getBoundingClientRect().width);
  assert.ok((await page.locator('.notes').evaluate((one) => one.getBoundingClientRect().height)) < 60);
  assert.ok((await width('.pane')) - (await width('.pane-scroll')) < 2);
  await page.focus('.notes-toggle');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#note-text');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await showsText(page, '#note-problem', 'Write the note first');
  await page.keyboard.type('His daughter called: she pays.');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await showsText(page, '.note-item', /Ana Castillo.*His daughter called: she pays\./s);
  await look(page, 'staff-notes');
  assert.equal(await page.isVisible('.message:has-text("daughter")'), false);

  const ben = await browser.person(DESK);
  await signInStaff(ben, product, 'ben@demo.test');
  await ben.goto(page.url());
  await ben.click('.notes-toggle');
  await showsText(ben, '.note-item', /His daughter called: she pays\./);

  // Both have it open: who decides on an older look is told, and sees how it stands.
  await page.selectOption('.pane-assign', { label: 'Ben Okafor' });
  await showsText(page, '.pane-topic', /Assigned to Ben Okafor/);
  await ben.context().close();
  await page.selectOption('#inbox-person', { label: 'Ben Okafor' });
  await page.waitForSelector('.inbox-item:has-text("John Carter")');
  await look(page, 'staff-inbox-person');
});

test('a change that somebody else was faster with is not made, and said', async () => {
  await page.click('.inbox-item:has-text("John Carter")');
  await page.waitForSelector('.pane-acts');
  const late = await browser.person({ ...DESK, expectedStatus: [409] });
  await signInStaff(late, product, 'ben@demo.test');
  await late.goto(page.url());
  await late.waitForSelector('.pane-acts');
  const stale = (route) => (route.request().method() === 'GET' ? route.abort() : route.continue());
  await late.route('**/v1/conversations?**', stale);
  await page.click('button:has-text("Assign to me")');
  await showsText(page, '.pane-topic', /Assigned to you/);
  await late.click('button:has-text("Release")');
  await showsText(late, '.pane-trouble', /Somebody else changed this conversation meanwhile/);
  await showsText(late, '.pane-topic', /Assigned to Ana Castillo/);
  await late.context().close();
});

test('what shuts a patient out is seen in the list and in the notes, with the next step', async () => {
  const attention = async (route) => {
    const answer = await route.fetch();
    const body = await answer.json();
    const marked = body.items === undefined ? { ...body, attention: true } : { ...body, items: body.items.map((one) => ({ ...one, attention: true })) };
    return route.fulfill({ response: answer, json: marked });
  };
  const note = { id: `nte_${'0'.repeat(26)}`, kind: 'dates_locked', at: '2026-03-04T15:00:00.000Z', author: null, text: null };
  await page.route(/\/v1\/conversations(\?[^/]*|\/cnv_[0-9a-z]+)$/, (route) => (route.request().method() === 'GET' ? attention(route) : route.continue()));
  await page.route(/\/notes$/, (route) => route.fulfill({ json: { items: [note], next_cursor: null } }));
  await page.goto(page.url().split('?')[0]);
  await page.waitForSelector('.inbox-item .tag:has-text("Look at the notes")');
  await showsText(page, '.note-item', /Too many wrong birth dates/);
  assert.match(await page.getAttribute('.note-item a', 'href'), /^\/staff\/patients\/pat_[0-9a-z]+#reach$/);
  await look(page, 'staff-notes-attention');
  await page.unrouteAll();
  await page.click('button:has-text("Taken care of")');
  await page.waitForSelector('.notes-toggle .tag', { state: 'detached' });
});
