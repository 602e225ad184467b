import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ApiError, call, newKey, url, whenAsked, whenLocalRun, whenSignedOut } from './client';
import { Outgoing } from '../lib/outgoing';

interface Sent {
  url: string;
  init: RequestInit & { headers: Record<string, string> };
}

let sent: Sent[];
let answer: () => Response;

function reply(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
}

beforeEach(() => {
  sent = [];
  answer = () => reply(200, {});
  vi.stubGlobal('fetch', async (target: string, init: Sent['init']) => {
    sent.push({ url: target, init });
    return answer();
  });
});
afterEach(() => vi.unstubAllGlobals());

async function failure(): Promise<ApiError> {
  return call('get', '/v1/session', {}).then(
    () => Promise.reject(new Error('no failure')),
    (error: ApiError) => error,
  );
}

describe('what is sent', () => {
  test('reads carry no content type and no mark of a person', async () => {
    await call('get', '/v1/conversations/{id}/messages', { path: { id: 'cnv_1' }, query: { after: 7 } });
    expect(sent[0]?.url).toBe('/v1/conversations/cnv_1/messages?after=7');
    expect(sent[0]?.init.headers).toEqual({ Accept: 'application/json' });
    expect(sent[0]?.init).toMatchObject({ method: 'GET', credentials: 'same-origin', cache: 'no-store' });
  });

  test('writes are JSON, even without a body', async () => {
    answer = () => reply(204, undefined);
    await call('delete', '/v1/session', {});
    expect(sent[0]?.init.headers['Content-Type']).toBe('application/json');
  });

  test('input and keys travel as headers', async () => {
    const body = { kind: 'text' as const, text: 'hello' };
    await call('post', '/v1/conversations/{id}/messages', { path: { id: 'cnv_1' }, body, idempotencyKey: 'k1', active: true });
    expect(sent[0]?.init.headers).toMatchObject({ 'Idempotency-Key': 'k1', 'X-User-Active': '1' });
    expect(sent[0]?.init.body).toBe('{"kind":"text","text":"hello"}');
  });

  test('places and queries are escaped', () => {
    expect(url('/v1/patients/{id}', { id: 'a/b' }, { q: 'ä &', cursor: undefined })).toBe('/v1/patients/a%2Fb?q=%C3%A4+%26');
  });
});

describe('what comes back', () => {
  test('status and data', async () => {
    answer = () => reply(200, { next: 'birth_date' });
    await expect(call('post', '/v1/sessions', { body: { code: '12345678' } })).resolves.toEqual({
      status: 200,
      data: { next: 'birth_date' },
    });
  });

  test('a problem has its slug and its fields', async () => {
    const errors = [{ pointer: '/birth_date', code: 'invalid_date' }];
    answer = () => reply(422, { type: '/problems/invalid-body', status: 422, errors });
    expect(await failure()).toMatchObject({ failure: 'invalid', status: 422, slug: 'invalid-body', fields: errors });
  });

  test.each([
    [401, { type: '/problems/sign-in-failed' }, 'refused'],
    [401, { type: '/problems/no-session' }, 'signed_out'],
    [401, { type: '/problems/session-locked' }, 'locked'],
    [403, { type: '/problems/step-up-required' }, 'step_up'],
    [403, { type: '/problems/forbidden' }, 'forbidden'],
    [404, {}, 'not_found'],
    [429, { message: 'Too Many Requests' }, 'too_many'],
    [503, { message: 'Service Unavailable' }, 'busy'],
    [500, undefined, 'failed'],
  ])('%i %j is %s', async (status, body, meaning) => {
    answer = () => reply(status, body);
    expect((await failure()).failure).toBe(meaning);
  });

  test('no answer is offline, half an answer a failure', async () => {
    answer = () => {
      throw new TypeError('network');
    };
    expect((await failure()).failure).toBe('offline');
    answer = () => new Response('{"acc');
    expect((await failure()).failure).toBe('failed');
  });

  test('only a lost session is reported as one', async () => {
    const lost = vi.fn();
    whenSignedOut(lost);
    answer = () => reply(401, { type: '/problems/sign-in-failed' });
    await failure();
    expect(lost).not.toHaveBeenCalled();
    answer = () => reply(401, { type: '/problems/no-session' });
    await failure();
    expect(lost).toHaveBeenCalledOnce();
  });

  test('a local run is noticed', async () => {
    const local = vi.fn();
    whenLocalRun(local);
    answer = () => reply(200, {}, { 'x-local-run': '1' });
    await call('get', '/v1/session', {});
    expect(local).toHaveBeenCalledOnce();
  });
});

describe('hurdles', () => {
  const locked = () => reply(401, { type: '/problems/session-locked' });
  afterEach(() => whenAsked('session-locked', async () => false));

  test('a call is made again, as it was, once a person cleared the way', async () => {
    whenAsked('session-locked', async () => {
      answer = () => reply(201, { seq: 1 });
      return true;
    });
    answer = locked;
    const body = { kind: 'text' as const, text: 'hello' };
    await call('post', '/v1/conversations/{id}/messages', { path: { id: 'cnv_1' }, body, idempotencyKey: 'k1' });
    expect(sent).toHaveLength(2);
    expect(sent[1]).toEqual({ ...sent[0], init: { ...sent[0]?.init, signal: expect.anything() } });
  });

  test('a call fails with what stood in the way where nobody cleared it', async () => {
    const lost = vi.fn();
    whenSignedOut(lost);
    answer = locked;
    expect((await failure()).failure).toBe('locked');
    expect(sent).toHaveLength(1);
    expect(lost).not.toHaveBeenCalled();
  });

  test('whoever clears the way is told that it was cleared before, in vain', async () => {
    const asked = vi.fn(async (isAgain: boolean) => !isAgain);
    whenAsked('step-up-required', asked);
    answer = () => reply(403, { type: '/problems/step-up-required' });
    expect((await failure()).failure).toBe('step_up');
    expect(asked.mock.calls).toEqual([[false], [true]]);
    expect(sent).toHaveLength(2);
    whenAsked('step-up-required', async () => false);
  });

  test('a screen that is locked again is opened again', async () => {
    let left = 2;
    answer = locked;
    whenAsked('session-locked', async () => {
      if (--left === 0) answer = () => reply(200, {});
      return true;
    });
    await call('get', '/v1/session', {});
    expect(sent).toHaveLength(3);
  });
});

test('keys are fresh, visible ASCII and short enough', () => {
  expect(newKey()).toMatch(/^[\x21-\x7e]{1,64}$/);
  expect(newKey()).not.toBe(newKey());
});

test('a retry of the same content keeps its key', () => {
  const outgoing = new Outgoing();
  const first = outgoing.keyFor({ text: 'a' });
  expect(outgoing.keyFor({ text: 'a' })).toBe(first);
  expect(outgoing.keyFor({ text: 'b' })).not.toBe(first);
  const second = outgoing.keyFor({ text: 'b' });
  outgoing.accepted();
  expect(outgoing.keyFor({ text: 'b' })).not.toBe(second);
});
