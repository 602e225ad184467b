/** Takes the pictures of the README from the running product: `npm run pictures`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startBrowser } from './support/browser.mjs';
import { PEOPLE, signInByCode, signInStaff, typeBirthDate, writeTo } from './support/people.mjs';
import { isNotice, linkIn, startProduct } from './support/product.mjs';

const IMAGES = fileURLToPath(new URL('../../docs/images', import.meta.url));
const PHONE = { viewport: { width: 375, height: 720 }, deviceScaleFactor: 2, locale: 'en-US' };
const DESK = { viewport: { width: 1280, height: 760 }, deviceScaleFactor: 1.5, locale: 'en-US' };

const product = await startProduct();
const browser = await startBrowser();
try {
  await mkdir(IMAGES, { recursive: true });
  const desk = await browser.person(DESK);
  await signInStaff(desk, product);
  await writeTo(desk, product, 'Linh Tran', 'appointment', 'Your visit moved to Tuesday at 10:30. Does that work for you?');
  await writeTo(desk, product, 'Luis Vega', 'form', 'Por favor, llene el formulario de salud antes de la visita.');
  await writeTo(desk, product, 'Amal Haddad', 'billing', 'Your insurance has answered. There is nothing to pay.');

  const john = await browser.person(PHONE);
  await signInByCode(john, product, PEOPLE.john.email, PEOPLE.john.birth);
  await john.click('a[href="/conversations/new"]');
  await john.check('input[value=medical_question]');
  await john.click('form button[type=submit]');
  await john.fill('#compose', 'Good morning. Since yesterday my left eye is red and itches. Should I come in before Thursday?');
  await john.click('.composer button[type=submit]');
  await john.waitForSelector('.message');

  const before = await product.countTo(PEOPLE.maria.email);
  await writeTo(
    desk,
    product,
    'Maria Lopez',
    'prescription',
    'Buenos días, Sra. López.\n\nSu receta está lista. Puede recogerla desde mañana en la farmacia de la calle Main.',
  );
  const conversation = desk.url();

  const phone = await browser.person(PHONE);
  const shots = [];
  await phone.goto(linkIn(await product.sentTo(PEOPLE.maria.email, before, isNotice)));
  await phone.waitForSelector('#birth-day');
  await typeBirthDate(phone, PEOPLE.maria.birth);
  await phone.evaluate(() => document.activeElement.blur());
  shots.push(await phone.screenshot());
  await phone.click('form button[type=submit]');
  await phone.waitForSelector('.message');
  await phone.fill('#compose', 'Muchas gracias. ¿Necesito llevar algo?');
  await phone.click('.composer button[type=submit]');
  await phone.waitForSelector('.message-own');
  await phone.evaluate(() => (document.activeElement.blur(), scrollTo(0, 0)));
  shots.push(await phone.screenshot());
  await writeFile(join(IMAGES, 'patient.png'), await beside(shots));

  await desk.goto(conversation);
  await desk.waitForSelector('.message:has-text("¿Necesito llevar algo?")');
  await desk.fill('#compose', 'Solo su identificación.');
  await desk.waitForSelector('.inbox-item >> nth=4');
  await desk.evaluate(() => document.activeElement.blur());
  await desk.screenshot({ path: join(IMAGES, 'console.png') });
  browser.assertQuiet();
} finally {
  await browser.stop();
  await product.stop();
}

/** Pictures of phones side by side, on a quiet ground. */
async function beside(pictures) {
  const page = await browser.person({ viewport: { width: 900, height: 800 }, deviceScaleFactor: 1.5 });
  const images = pictures.map((picture) => `<img src="data:image/png;base64,${picture.toString('base64')}">`).join('');
  await page.setContent(
    `<style>body{margin:0;padding:40px;display:flex;justify-content:center;background:#dfe9e8}
     img{width:375px;margin:0 20px;border-radius:28px;box-shadow:0 12px 40px rgba(10,60,66,.28)}</style>${images}`,
  );
  await page.waitForFunction(() => [...document.images].every((image) => image.complete));
  return page.screenshot();
}
