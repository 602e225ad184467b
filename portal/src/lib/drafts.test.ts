import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

type Sent = { method: string; path: string; body: unknown };
let sent: Sent[];
let answer: (method: string, path: string) => Response | Promise<Response>;
let drafts: typeof import('./drafts');

const reply = (status: number, data?: unknown) => new Response(data === undefined ? null : JSON.stringify(data), { status });
const ID = 'cnv_01';

beforeEach(async () => {
  vi.useFakeTimers();
  vi.resetModules();
  sent = [];
  answer = (method) => (method === 'GET' ? reply(200, { text: null }) : reply(204));
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const method = init.method ?? 'GET';
    sent.push({ method, path, body: init.body === undefined ? undefined : JSON.parse(String(init.body)) });
    return Promise.resolve(answer(method, path));
  });
  drafts = await import('./drafts');
  drafts.keepDraftsOf('acc_1');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const after = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

describe('in memory', () => {
  test('an account finds its own text only', () => {
    drafts.setDraft(ID, 'mine');
    drafts.keepDraftsOf('acc_1');
    expect(drafts.draft(ID)).toBe('mine');
    drafts.keepDraftsOf('acc_2');
    expect(drafts.draft(ID)).toBe('');
    expect(drafts.hasDrafts()).toBe(false);
  });
});

describe('on the server', () => {
  test('text is saved once after the last key', async () => {
    for (const text of ['h', 'he', 'hel']) {
      drafts.setDraft(ID, text);
      await after(500);
    }
    expect(sent).toEqual([]);
    expect(drafts.areDraftsSaved()).toBe(false);
    await after(1_500);
    expect(sent).toEqual([{ method: 'PUT', path: '/v1/conversations/cnv_01/draft', body: { text: 'hel' } }]);
    expect(drafts.areDraftsSaved()).toBe(true);
  });

  test('who types on and on is saved every ten seconds', async () => {
    for (let second = 0; second < 25; second += 1) {
      drafts.setDraft(ID, 'x'.repeat(second + 1));
      await after(1_000);
    }
    expect(sent.length).toBe(2);
  });

  test('sent text goes, after whatever is on its way', async () => {
    let finish: () => void = () => undefined;
    answer = (method) => (method === 'PUT' ? new Promise((resolve) => (finish = () => resolve(reply(204)))) : reply(204));
    drafts.setDraft(ID, 'hello');
    await after(2_000);
    drafts.dropDraft(ID);
    await after(5_000);
    expect(sent.map((one) => one.method)).toEqual(['PUT']);
    finish();
    await after(0);
    expect(sent.map((one) => one.method)).toEqual(['PUT', 'DELETE']);
    expect(drafts.hasDrafts()).toBe(false);
  });

  test('text that was never saved needs no request to go', async () => {
    drafts.setDraft(ID, 'hello');
    drafts.dropDraft(ID);
    await after(20_000);
    expect(sent).toEqual([]);
  });

  test('text that was taken back is deleted there too', async () => {
    drafts.setDraft(ID, 'hello');
    await after(2_000);
    drafts.setDraft(ID, '');
    await after(2_000);
    expect(sent.map((one) => one.method)).toEqual(['PUT', 'DELETE']);
  });

  test('what was kept comes back, unless something was typed meanwhile', async () => {
    answer = () => reply(200, { text: 'kept' });
    expect(await drafts.loadDraft(ID)).toBe('kept');
    const other = drafts.loadDraft('cnv_02');
    drafts.setDraft('cnv_02', 'typed');
    expect(await other).toBe('typed');
  });

  test('a new message is kept for the patient it is for', async () => {
    drafts.setDraft('new-pat_1', 'hello');
    await after(2_000);
    expect(sent[0]).toEqual({ method: 'PUT', path: '/v1/drafts/new', body: { text: 'hello', patient_id: 'pat_1' } });
    drafts.forgetDrafts();
    answer = () => reply(200, { text: 'hello', patient_id: 'pat_1' });
    expect(await drafts.loadDraft('new-pat_2')).toBe('');
    expect(await drafts.loadDraft('new-pat_1')).toBe('hello');
  });

  test('a patient has one new message', async () => {
    drafts.setDraft('new', 'hello');
    await after(2_000);
    expect(sent[0]).toEqual({ method: 'PUT', path: '/v1/drafts/new', body: { text: 'hello' } });
  });

  test('a page that goes away saves at once', async () => {
    drafts.setDraft(ID, 'hello');
    void drafts.flushDrafts();
    await after(0);
    expect(sent.map((one) => one.method)).toEqual(['PUT']);
    await after(5_000);
    expect(sent.length).toBe(1);
  });

  test('a failure is tried again with the next key', async () => {
    answer = () => reply(503, { message: 'busy' });
    drafts.setDraft(ID, 'a');
    await after(2_000);
    expect(drafts.areDraftsSaved()).toBe(false);
    answer = () => reply(204);
    drafts.setDraft(ID, 'ab');
    await after(2_000);
    expect(drafts.areDraftsSaved()).toBe(true);
  });

  test('a server without drafts is asked once, and the text stays in memory', async () => {
    answer = () => reply(404, { type: 'https://x/problems/not-found' });
    drafts.setDraft(ID, 'a');
    await after(2_000);
    drafts.setDraft(ID, 'ab');
    await after(20_000);
    expect(sent.length).toBe(1);
    expect(drafts.draft(ID)).toBe('ab');
    expect(drafts.areDraftsSaved()).toBe(false);
  });
});
