/** What people do on the pages, in the words and places they see. */
import { codeIn, hasCode, linkIn } from './product.mjs';

/** The people of a fresh local run. */
export const PEOPLE = {
  ana: { email: 'ana@demo.test' },
  maria: { name: 'Maria Lopez', email: 'maria@patients.test', phone: '+15555550101', birth: ['1985', '3', '14'] },
  john: { name: 'John Carter', email: 'john@patients.test', phone: '+15555550102', birth: ['1950', '11', '2'] },
  linh: { name: 'Linh Tran', phone: '+15555550104', birth: ['2001', '1', '30'] },
  rosa: { name: 'Rosa Vega', email: 'vega.family@patients.test', birth: ['1979', '5', '5'] },
  luis: { name: 'Luis Vega', email: 'vega.family@patients.test', birth: ['2012', '9', '17'] },
};

/** Fills the three fields of a birth date. */
export async function typeBirthDate(page, [year, month, day], id = 'birth') {
  await page.fill(`#${id}-day`, day);
  await page.selectOption(`#${id}-month`, month);
  await page.fill(`#${id}-year`, year);
}

/** From the start page to the page that asks for the code. */
export async function askForCode(page, origin, address, path = '/') {
  await page.goto(origin + path);
  await page.fill('#address', address);
  await page.click('form button[type=submit]');
  await page.waitForSelector('#code');
}

/** Signs a patient in by code: address, code, birth date. */
export async function signInByCode(page, product, address, birth, typed = address) {
  const before = await product.countTo(address);
  await askForCode(page, product.origin, typed);
  await page.fill('#code', codeIn(await product.sentTo(address, before, hasCode)));
  await page.click('form button[type=submit]');
  await page.waitForSelector('#birth-day');
  await typeBirthDate(page, birth);
  await page.click('form button[type=submit]');
}

/** Signs Ana in to the console by the link in her mail, in the browser that asked. */
export async function signInStaff(page, product, email = PEOPLE.ana.email) {
  const before = await product.countTo(email);
  await askForCode(page, product.origin, email, '/staff/');
  await page.goto(linkIn(await product.sentTo(email, before, hasCode)));
  await page.click('main button.button-primary');
  await page.waitForSelector('.views');
}

/** Writes to a patient from the console: search, patient page, new conversation. */
export async function writeTo(page, product, name, topic, text) {
  await page.goto(`${product.origin}/staff/patients`);
  await page.fill('#search', name.split(' ')[0]);
  await page.click(`.person:has-text("${name}")`);
  await page.click('a[href$="/new"].button');
  await page.waitForSelector('#compose');
  await page.selectOption('#topic', topic);
  await page.fill('#compose', text);
  await page.click('.composer button[type=submit]');
  await page.waitForSelector('.message');
}
