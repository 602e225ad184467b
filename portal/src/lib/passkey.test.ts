import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  askPasskey,
  authenticationJson,
  creationOptions,
  createPasskey,
  fromBase64url,
  hasPasskeys,
  PasskeyError,
  registrationJson,
  requestOptions,
  toBase64url,
} from './passkey';

const bytes = (...values: number[]) => new Uint8Array(values).buffer;
const plain = (buffer: BufferSource) => [...new Uint8Array(buffer as ArrayBuffer)];

afterEach(() => vi.unstubAllGlobals());

/** A browser whose authenticator answers so. */
function browser(answer: () => Promise<unknown>): void {
  vi.stubGlobal('PublicKeyCredential', class {});
  vi.stubGlobal('navigator', { credentials: { create: answer, get: answer } });
}

describe('base64url', () => {
  test('goes both ways for every length and every byte', () => {
    for (let length = 0; length < 260; length += 1) {
      const buffer = new Uint8Array(Array.from({ length }, (_, index) => (index * 7 + length) % 256)).buffer;
      const text = toBase64url(buffer);
      expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
      expect(plain(fromBase64url(text))).toEqual(plain(buffer));
    }
  });

  test('reads padding too', () => {
    expect(plain(fromBase64url('-_8='))).toEqual([251, 255]);
    expect(toBase64url(bytes(251, 255))).toBe('-_8');
  });
});

describe('options', () => {
  test('of a new passkey: bytes become bytes, the rest stays', () => {
    const options = creationOptions({
      challenge: 'AQI',
      user: { id: 'Aw', name: 'ana', displayName: 'Ana' },
      rp: { id: 'example.org', name: 'Practice' },
      excludeCredentials: [{ type: 'public-key', id: 'BA', transports: ['usb'] }],
      timeout: 300_000,
    });
    expect(plain(options.challenge)).toEqual([1, 2]);
    expect(plain(options.user.id)).toEqual([3]);
    expect(options.user.displayName).toBe('Ana');
    expect(plain(options.excludeCredentials?.[0]?.id ?? bytes())).toEqual([4]);
    expect(options.excludeCredentials?.[0]?.transports).toEqual(['usb']);
    expect(options.timeout).toBe(300_000);
    expect(options.rp).toEqual({ id: 'example.org', name: 'Practice' });
  });

  test('of an assertion, with no list of credentials', () => {
    const options = requestOptions({ challenge: 'AQI', userVerification: 'required' });
    expect(plain(options.challenge)).toEqual([1, 2]);
    expect(options.allowCredentials).toEqual([]);
    expect(options.userVerification).toBe('required');
  });
});

describe('answers', () => {
  const head = {
    id: 'BQ',
    rawId: bytes(5),
    type: 'public-key',
    authenticatorAttachment: 'platform',
    getClientExtensionResults: () => ({ credProps: { rk: true } }),
  };

  test('a registration with all that a new browser knows', () => {
    const response = {
      clientDataJSON: bytes(1),
      attestationObject: bytes(2),
      getAuthenticatorData: () => bytes(3),
      getPublicKey: () => bytes(4),
      getPublicKeyAlgorithm: () => -7,
      getTransports: () => ['internal'],
    };
    expect(registrationJson({ ...head, response } as unknown as PublicKeyCredential)).toEqual({
      id: 'BQ',
      rawId: 'BQ',
      type: 'public-key',
      authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: 'AQ',
        attestationObject: 'Ag',
        authenticatorData: 'Aw',
        publicKey: 'BA',
        publicKeyAlgorithm: -7,
        transports: ['internal'],
      },
      clientExtensionResults: { credProps: { rk: true } },
    });
  });

  test('a registration of an older browser', () => {
    const response = { clientDataJSON: bytes(1), attestationObject: bytes(2) };
    const credential = { ...head, authenticatorAttachment: null, response } as unknown as PublicKeyCredential;
    const json = registrationJson(credential);
    expect(json.response).toEqual({ clientDataJSON: 'AQ', attestationObject: 'Ag', transports: [] });
    expect('authenticatorAttachment' in json).toBe(false);
  });

  test('an assertion', () => {
    const response = { clientDataJSON: bytes(1), authenticatorData: bytes(2), signature: bytes(3), userHandle: null };
    const json = authenticationJson({ ...head, response } as unknown as PublicKeyCredential);
    expect(json.response).toEqual({ clientDataJSON: 'AQ', authenticatorData: 'Ag', signature: 'Aw' });
  });
});

describe('what goes wrong', () => {
  const creation = { challenge: 'AQ', user: { id: 'AQ', name: 'a', displayName: 'a' } };
  const problem = (run: Promise<unknown>) =>
    run.then(
      () => 'none',
      (error: unknown) => (error instanceof PasskeyError ? error.problem : 'other'),
    );

  test.each([
    ['NotAllowedError', 'cancelled'],
    ['AbortError', 'cancelled'],
    ['InvalidStateError', 'known'],
    ['NotSupportedError', 'missing'],
    ['SecurityError', 'failed'],
  ])('%s is %s', async (name, expected) => {
    browser(() => Promise.reject(new DOMException('no', name)));
    expect(await problem(createPasskey(creation))).toBe(expected);
    expect(await problem(askPasskey({ challenge: 'AQ' }))).toBe(expected);
  });

  test('nothing came, or the browser has no passkeys', async () => {
    browser(() => Promise.resolve(null));
    expect(hasPasskeys()).toBe(true);
    expect(await problem(askPasskey({ challenge: 'AQ' }))).toBe('cancelled');
    vi.stubGlobal('PublicKeyCredential', undefined);
    expect(hasPasskeys()).toBe(false);
    expect(await problem(createPasskey(creation))).toBe('missing');
  });
});
