/** What staff do beside messages: inviting colleagues again, and what only staff see. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { signInStaff } from './support/people.mjs';
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
