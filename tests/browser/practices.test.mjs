/** Two practices at one address: the page, the notice and the session of the second show the second. */
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { look, showsText, startBrowser } from './support/browser.mjs';
import { signInStaff, typeBirthDate, writeTo } from './support/people.mjs';
import { codeIn, hasCode, isNotice, linkIn, startProduct } from './support/product.mjs';

const EVA = 'eva@hill.test';
const MIA = { name: 'Mia Novak', email: 'mia@patients.test', birth: ['1988', '4', '9'] };

let product;
let browser;
let page;

before(async () => {
  process.env.SECOND_PRACTICE = '1';
  product = await startProduct();
  delete process.env.SECOND_PRACTICE;
  browser = await startBrowser();
  const { page: path } = await (await fetch(`${product.origin}/v1/practices/hill-street`)).json();
  page = path;
});
after(async () => {
  await browser?.stop();
  await product?.stop();
});
afterEach(() => browser.assertQuiet());

const brand = (person, name) => showsText(person, '.brand', name);

test('its own page: name, phone, code, and the session after it', async () => {
  assert.match(page, /^\/p\/[0-9a-z]{26}$/);
  const mia = await browser.person();
  await mia.goto(product.origin + page);
  await mia.waitForSelector('#address');
  await brand(mia, 'Hill Street Practice');
  await showsText(mia, 'footer', /\(555\) 555-0180/);
  await look(mia, 'practice-page');
  await mia.fill('#address', MIA.email);
  await mia.click('form button[type=submit]');
  await mia.waitForSelector('#code');
  const sent = await product.sentTo(MIA.email, 0, hasCode);
  assert.ok(sent.text.includes(`/l?p=${page.slice(3)}#t=`), sent.text);
  // Phones load pages again: the practice is still known.
  await mia.reload();
  await brand(mia, 'Hill Street Practice');
  await mia.fill('#code', codeIn(sent));
  await mia.click('form button[type=submit]');
  await mia.waitForSelector('#birth-day');
  await typeBirthDate(mia, MIA.birth);
  await mia.click('form button[type=submit]');
  await mia.waitForSelector('h1:has-text("Your messages")');
  // Another tab of the same browser knows it by the session.
  const tab = await mia.context().newPage();
  await tab.goto(`${product.origin}/conversations`);
  await tab.waitForSelector('h1:has-text("Your messages")');
  await brand(tab, 'Hill Street Practice');
  await mia.context().close();
});

test('the console and the notice of the second practice', async () => {
  const staff = await browser.person({ viewport: { width: 1280, height: 800 } });
  await staff.goto(`${product.origin}/staff?p=${page.slice(3)}`);
  await staff.fill('#address', EVA);
  await staff.click('form button[type=submit]');
  await staff.waitForSelector('#code');
  await staff.goto(linkIn(await product.sentTo(EVA, 0, hasCode)));
  await staff.click('main button.button-primary');
  await staff.waitForSelector('.views');
  await showsText(staff, '.bar', /Hill Street Practice/);
  const before = await product.countTo(MIA.email);
  await writeTo(staff, product, MIA.name, 'prescription', 'From Hill Street.');
  const link = linkIn(await product.sentTo(MIA.email, before, isNotice));
  assert.ok(link.includes(`&p=${page.slice(3)}#t=`), link);
  const phone = await browser.person();
  await phone.goto(link);
  await phone.waitForSelector('#birth-day');
  await brand(phone, 'Hill Street Practice');
  await look(phone, 'practice-notice');
  await typeBirthDate(phone, MIA.birth);
  await phone.click('form button[type=submit]');
  await phone.waitForSelector('.message:has-text("From Hill Street.")');
  await brand(phone, 'Hill Street Practice');
  await phone.context().close();
  await staff.context().close();
});

test('the first practice has the address to itself, and an unknown page looks the same without a name', async () => {
  const person = await browser.person({ expectedStatus: [404] });
  await person.goto(product.origin);
  await person.waitForSelector('#address');
  await brand(person, 'Bright Eyes Clinic');
  const heading = await person.textContent('h1');
  const stranger = await browser.person({ expectedStatus: [404] });
  await stranger.goto(`${product.origin}/p/01aaaaaaaaaaaaaaaaaaaaaaaa`);
  await stranger.waitForSelector('#address');
  assert.equal(await stranger.textContent('h1'), heading);
  assert.doesNotMatch(await stranger.textContent('body'), /Bright Eyes|Hill Street/);
  await look(stranger, 'practice-unknown');
  await signInStaff(await browser.person(), product);
  await person.context().close();
  await stranger.context().close();
});
