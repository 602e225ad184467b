/** E-mail addresses and phone numbers as people type them. */
import { asciiDigits } from './birthdate';

export type Address = { kind: 'email'; value: string } | { kind: 'phone'; value: string };

/** Numbers without a country belong to the North American plan: the practices are in the United States. */
const HOME_COUNTRY_CODE = '1';
const HOME_NUMBER_DIGITS = 10;

/** E.164 from a typed number, or null. Accepts spaces, dots, brackets, `00`, `011` and national numbers. */
export function parsePhone(text: string): string | null {
  const typed = text.trim().normalize('NFKC');
  if (/[^\p{Nd}\s().+/\u2010-\u2015-]/u.test(typed)) return null;
  const digits = asciiDigits(typed);
  let number: string;
  if (typed.startsWith('+')) number = digits;
  else if (digits.startsWith('011')) number = digits.slice(3);
  else if (digits.startsWith('00')) number = digits.slice(2);
  else if (digits.length === HOME_NUMBER_DIGITS) number = HOME_COUNTRY_CODE + digits;
  else if (digits.length === HOME_NUMBER_DIGITS + 1 && digits.startsWith(HOME_COUNTRY_CODE)) number = digits;
  else return null;
  const isHome = number.startsWith(HOME_COUNTRY_CODE);
  const isLength = isHome ? number.length === HOME_NUMBER_DIGITS + 1 : number.length >= 7 && number.length <= 15;
  return isLength && !number.startsWith('0') ? `+${number}` : null;
}

/** A plausible e-mail address, trimmed, or null. The server has the last word. */
export function parseEmail(text: string): string | null {
  const typed = text.trim();
  return /^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(typed) ? typed : null;
}

/** An e-mail address or a phone number. */
export function parseAddress(text: string): Address | null {
  const email = parseEmail(text);
  if (email !== null) return { kind: 'email', value: email };
  const phone = parsePhone(text);
  return phone === null ? null : { kind: 'phone', value: phone };
}

/** A number as people of the home country read it; others stay international. */
export function phoneText(phone: string): string {
  const home = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(phone);
  return home === null ? phone : `(${home[1]}) ${home[2]}-${home[3]}`;
}
