/**
 * Passkeys, between the JSON of the API and the objects of the browser (WebAuthn Level 3, 5.1.8-5.1.10).
 *
 * The conversions are written out: the browser's own (`parseCreationOptionsFromJSON`, `toJSON`) are younger than
 * the browsers that know passkeys.
 */

type DescriptorJson = {
  type: string;
  id: string;
  transports?: string[];
};

/** `PublicKeyCredentialCreationOptionsJSON`, as far as this code looks into it; the rest goes on as it came. */
export type CreationOptionsJson = {
  challenge: string;
  user: { id: string; name: string; displayName: string };
  excludeCredentials?: DescriptorJson[];
  [member: string]: unknown;
};

/** `PublicKeyCredentialRequestOptionsJSON`, likewise. */
export type RequestOptionsJson = {
  challenge: string;
  allowCredentials?: DescriptorJson[];
  [member: string]: unknown;
};

/** `RegistrationResponseJSON`. */
export type RegistrationJson = {
  id: string;
  rawId: string;
  type: string;
  authenticatorAttachment?: string;
  response: {
    clientDataJSON: string;
    attestationObject: string;
    authenticatorData?: string;
    publicKey?: string;
    publicKeyAlgorithm?: number;
    transports: string[];
  };
  clientExtensionResults: Record<string, unknown>;
};

/** `AuthenticationResponseJSON`. */
export type AuthenticationJson = {
  id: string;
  rawId: string;
  type: string;
  authenticatorAttachment?: string;
  response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string };
  clientExtensionResults: Record<string, unknown>;
};

/**
 * Why there is no passkey. `cancelled`: the person closed the window, waited too long, or has no passkey here, and
 * the browser does not say which; `known`: this authenticator has one already; `missing`: the browser has no
 * passkeys; `failed`: anything else.
 */
export type PasskeyProblem = 'cancelled' | 'known' | 'missing' | 'failed';

export class PasskeyError extends Error {
  override readonly name = 'PasskeyError';
  constructor(readonly problem: PasskeyProblem) {
    super(problem);
  }
}

/** Bytes of base64url, with or without padding. */
export function fromBase64url(text: string): ArrayBuffer {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/').replace(/=+$/, ''));
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes.buffer;
}

/** Base64url of bytes, without padding. */
export function toBase64url(buffer: ArrayBuffer): string {
  let binary = '';
  for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte);
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
}

/** Whether this browser has passkeys at all. They exist on secure pages only. */
export function hasPasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && navigator.credentials !== undefined;
}

/** Whether this computer or phone can make one by itself, without a phone beside it or a security key. */
export async function hasOwnAuthenticator(): Promise<boolean> {
  if (!hasPasskeys()) return false;
  try {
    return await PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  } catch {
    return false;
  }
}

/** Creation options as the browser takes them. */
export function creationOptions(json: CreationOptionsJson): PublicKeyCredentialCreationOptions {
  const options = {
    ...json,
    challenge: fromBase64url(json.challenge),
    user: { ...json.user, id: fromBase64url(json.user.id) },
    excludeCredentials: (json.excludeCredentials ?? []).map(descriptor),
  };
  return options as unknown as PublicKeyCredentialCreationOptions;
}

/** Request options as the browser takes them. */
export function requestOptions(json: RequestOptionsJson): PublicKeyCredentialRequestOptions {
  const options = {
    ...json,
    challenge: fromBase64url(json.challenge),
    allowCredentials: (json.allowCredentials ?? []).map(descriptor),
  };
  return options as unknown as PublicKeyCredentialRequestOptions;
}

function descriptor(json: DescriptorJson): PublicKeyCredentialDescriptor {
  return { ...json, id: fromBase64url(json.id) } as PublicKeyCredentialDescriptor;
}

function extensionsOf(credential: PublicKeyCredential): Record<string, unknown> {
  // Only plain results travel: the API asks for no extension that answers with bytes.
  return credential.getClientExtensionResults() as Record<string, unknown>;
}

/** A new credential as the API takes it. */
export function registrationJson(credential: PublicKeyCredential): RegistrationJson {
  const response = credential.response as AuthenticatorAttestationResponse;
  // The first browsers with passkeys lack these; the attestation object holds the same.
  const key = typeof response.getPublicKey === 'function' ? response.getPublicKey() : null;
  return {
    id: credential.id,
    rawId: toBase64url(credential.rawId),
    type: credential.type,
    ...attachmentOf(credential),
    response: {
      clientDataJSON: toBase64url(response.clientDataJSON),
      attestationObject: toBase64url(response.attestationObject),
      ...(typeof response.getAuthenticatorData === 'function'
        ? { authenticatorData: toBase64url(response.getAuthenticatorData()) }
        : {}),
      ...(key === null ? {} : { publicKey: toBase64url(key) }),
      ...(typeof response.getPublicKeyAlgorithm === 'function'
        ? { publicKeyAlgorithm: response.getPublicKeyAlgorithm() }
        : {}),
      transports: typeof response.getTransports === 'function' ? response.getTransports() : [],
    },
    clientExtensionResults: extensionsOf(credential),
  };
}

/** An assertion as the API takes it. */
export function authenticationJson(credential: PublicKeyCredential): AuthenticationJson {
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    id: credential.id,
    rawId: toBase64url(credential.rawId),
    type: credential.type,
    ...attachmentOf(credential),
    response: {
      clientDataJSON: toBase64url(response.clientDataJSON),
      authenticatorData: toBase64url(response.authenticatorData),
      signature: toBase64url(response.signature),
      ...(response.userHandle === null ? {} : { userHandle: toBase64url(response.userHandle) }),
    },
    clientExtensionResults: extensionsOf(credential),
  };
}

function attachmentOf(credential: PublicKeyCredential): { authenticatorAttachment?: string } {
  return credential.authenticatorAttachment == null ? {} : { authenticatorAttachment: credential.authenticatorAttachment };
}

function problemOf(error: unknown): PasskeyError {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'InvalidStateError') return new PasskeyError('known');
  if (name === 'NotAllowedError' || name === 'AbortError') return new PasskeyError('cancelled');
  return new PasskeyError(name === 'NotSupportedError' ? 'missing' : 'failed');
}

/** Makes a passkey by the options of the API: the browser asks the person. Throws `PasskeyError`. */
export async function createPasskey(options: object): Promise<RegistrationJson> {
  if (!hasPasskeys()) throw new PasskeyError('missing');
  let credential: Credential | null;
  try {
    credential = await navigator.credentials.create({ publicKey: creationOptions(options as CreationOptionsJson) });
  } catch (error) {
    throw problemOf(error);
  }
  if (credential === null) throw new PasskeyError('cancelled');
  return registrationJson(credential as PublicKeyCredential);
}

/** Asks the person for one of their passkeys, by the options of the API. Throws `PasskeyError`. */
export async function askPasskey(options: object): Promise<AuthenticationJson> {
  if (!hasPasskeys()) throw new PasskeyError('missing');
  let credential: Credential | null;
  try {
    credential = await navigator.credentials.get({ publicKey: requestOptions(options as RequestOptionsJson) });
  } catch (error) {
    throw problemOf(error);
  }
  if (credential === null) throw new PasskeyError('cancelled');
  return authenticationJson(credential as PublicKeyCredential);
}
