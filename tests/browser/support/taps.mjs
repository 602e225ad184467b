/** Counts what a flow costs the person: presses of a finger, and characters typed. */

const rows = [];

/** A person at a page whose every move is counted, under the name of a flow. */
export class Counted {
  #row;

  constructor(page, flow, language) {
    this.page = page;
    this.#row = { flow, language, taps: 0, characters: 0 };
    rows.push(this.#row);
  }

  get taps() {
    return this.#row.taps;
  }

  get characters() {
    return this.#row.characters;
  }

  /** Taps a link in a message: the page that it opens. */
  async follow(link) {
    this.#row.taps += 1;
    await this.page.goto(link);
  }

  async tap(selector) {
    await this.page.waitForSelector(selector);
    this.#row.taps += 1;
    await this.page.click(selector);
  }

  /** Taps into a field and types. */
  async type(selector, text) {
    await this.page.waitForSelector(selector);
    this.#row.taps += 1;
    this.#row.characters += [...text].length;
    await this.page.fill(selector, text);
  }

  /** Opens a list and taps one of its lines. */
  async choose(selector, value) {
    await this.page.waitForSelector(selector);
    this.#row.taps += 2;
    await this.page.selectOption(selector, value);
  }

  async birthDate([year, month, day]) {
    await this.choose('#birth-month', month);
    await this.type('#birth-day', day);
    await this.type('#birth-year', year);
  }

  /** Presses the button of the form on the page. */
  async send() {
    await this.tap('form button[type=submit]');
  }
}

/** The table of all flows so far. */
export function tapsTable() {
  const width = Math.max(...rows.map((row) => row.flow.length));
  const line = (flow, language, taps, characters) =>
    `    ${flow.padEnd(width)}  ${language.padEnd(8)}  ${String(taps).padStart(4)}  ${String(characters).padStart(10)}`;
  return [line('flow', 'language', 'taps', 'characters'), ...rows.map((row) => line(row.flow, row.language, row.taps, row.characters))].join('\n');
}
