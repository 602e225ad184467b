/**
 * The one way to the API: typed by the OpenAPI document, JSON in and out, every failure an `ApiError`.
 *
 * The session travels in an HttpOnly cookie that this code never sees.
 */
import type { paths } from './schema';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Operation<P extends keyof paths, M extends Method> = M extends keyof paths[P] ? NonNullable<paths[P][M]> : never;
type Parameters<O> = O extends { parameters: infer T } ? T : never;
type PathOf<O> = Parameters<O> extends { path: infer T } ? { path: T } : { path?: undefined };
type QueryOf<O> = Parameters<O> extends { query?: infer T } ? { query?: T } : { query?: undefined };
type BodyOf<O> = O extends { requestBody: { content: { 'application/json': infer T } } }
  ? { body: T }
  : { body?: undefined };
type Content<R> = R extends { content: infer C } ? (C extends Record<string, infer B> ? B : undefined) : undefined;
type Success = 200 | 201 | 202 | 204;
type AnswerOf<O> = O extends { responses: infer R }
  ? { [S in keyof R & Success]: { status: S; data: Content<R[S]> } }[keyof R & Success]
  : never;

/** What a call may carry beside its path, query and body. */
interface Extras {
  /** Stays the same on every retry of one attempt (1-64 visible ASCII). */
  idempotencyKey?: string;
  /** True only where a person's input caused the call: such calls keep the session alive. */
  active?: boolean;
  /** True for calls that must fail at a hurdle, because they belong to clearing it. */
  direct?: boolean;
  /** True for a write that must arrive although its page goes away. At most 64 KiB. */
  keepalive?: boolean;
  signal?: AbortSignal;
}

export type Options<O> = PathOf<O> & QueryOf<O> & BodyOf<O> & Extras;

/**
 * What went wrong, by meaning. `offline`: no answer came; `busy`: worth trying again; `too_many`: after a while;
 * `locked` and `step_up`: a hurdle that nobody cleared.
 */
export type Failure =
  | 'offline'
  | 'signed_out'
  | 'locked'
  | 'step_up'
  | 'refused'
  | 'forbidden'
  | 'not_found'
  | 'invalid'
  | 'busy'
  | 'too_many'
  | 'failed';

/** One member of a request that the server did not accept. */
export interface FieldError {
  pointer: string;
  code: string;
}

/** A contact of a request that others use too. */
export interface SharedContact {
  pointer: string;
  others: number;
  patients: number;
  opens_by_date: boolean;
}

/** Every failure of a call, whoever made it: the network, the gateway or the product. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly failure: Failure,
    readonly status: number,
    /** Last part of the problem type, for example `sign-in-failed`. */
    readonly slug: string,
    readonly fields: FieldError[] = [],
    /** Seconds until it is worth trying again, where the server says so. */
    readonly retryAfter: number | null = null,
    /** With `contact-shared`. */
    readonly contacts: SharedContact[] = [],
  ) {
    super(`${failure} ${status} ${slug}`);
  }
}

const TIMEOUT_MILLISECONDS = 30_000;

type Listener = (error: ApiError) => void;

/** What a person can clear out of the way, after which the same call is made again. */
export type Hurdle = 'session-locked' | 'step-up-required' | 'invitation-over';
/** Resolves true once it is cleared, false when the person gave up. `isAgain`: it was cleared, and that was not enough. */
type Clear = (isAgain: boolean) => Promise<boolean>;

const hurdles = new Map<string, Clear>();
let onSignedOut: Listener = () => undefined;
let onLocalRun: () => void = () => undefined;
let onExtended: () => void = () => undefined;

/** Clears a hurdle whenever an answer names it. Calls wait meanwhile; without one, they fail. */
export function whenAsked(hurdle: Hurdle, clear: Clear): void {
  hurdles.set(hurdle, clear);
}

/** Called whenever an answer says that there is no session any more. */
export function whenSignedOut(listener: Listener): void {
  onSignedOut = listener;
}

/** Called when an answer comes from a local run, which must never be used for real patients. */
export function whenLocalRun(listener: () => void): void {
  onLocalRun = listener;
}

/** Called after each call that kept the session alive: writes, and reads caused by input. */
export function whenExtended(listener: () => void): void {
  onExtended = listener;
}

/** A fresh key for one attempt to create something. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Fills `{name}` places of a path and appends the query members that have a value. */
export function url(path: string, places: object = {}, query: object = {}): string {
  const values = places as Record<string, unknown>;
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(values[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null) search.set(name, String(value));
  }
  const text = search.toString();
  return text === '' ? filled : `${filled}?${text}`;
}

function failureOf(status: number, slug: string): Failure {
  if (slug === 'sign-in-failed') return 'refused';
  if (slug === 'session-locked') return 'locked';
  if (slug === 'step-up-required') return 'step_up';
  if (status === 401) return 'signed_out';
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 400 || status === 413 || status === 422) return 'invalid';
  if (status === 429) return 'too_many';
  if (status === 409 || status === 503) return 'busy';
  return 'failed';
}

/** Reads a failed answer. The gateway's own errors are `{"message"}`, everything else problem+json. */
export async function readProblem(response: Response): Promise<ApiError> {
  let slug = '';
  let fields: FieldError[] = [];
  let contacts: SharedContact[] | undefined;
  try {
    const body = (await response.json()) as { type?: unknown; errors?: unknown; contacts?: SharedContact[] };
    if (typeof body.type === 'string') slug = body.type.split('/').pop() ?? '';
    if (Array.isArray(body.errors)) fields = body.errors as FieldError[];
    contacts = body.contacts;
  } catch {
    // No body, or not JSON: the status alone has to do.
  }
  const wait = Number(response.headers.get('retry-after') ?? NaN);
  return new ApiError(failureOf(response.status, slug), response.status, slug, fields, wait > 0 ? wait : null, contacts);
}

/**
 * Makes one call, again after each hurdle that was cleared. Resolves with status and data, or throws `ApiError`.
 */
export async function call<P extends keyof paths, M extends Method>(
  method: M,
  path: P,
  options: Options<Operation<P, M>>,
): Promise<AnswerOf<Operation<P, M>>> {
  for (let isAgain = false; ; isAgain = true) {
    try {
      return (await attempt(method, path, options as Anything)) as AnswerOf<Operation<P, M>>;
    } catch (error) {
      const clear = error instanceof ApiError && options.direct !== true ? hurdles.get(error.slug) : undefined;
      if (clear === undefined || !(await clear(isAgain))) throw error;
    }
  }
}

interface Anything extends Extras {
  path?: object;
  query?: object;
  body?: unknown;
}

async function attempt(method: Method, path: string, options: Anything): Promise<{ status: number; data: unknown }> {
  const { path: places, query, body, idempotencyKey, active, keepalive, signal } = options;
  const headers: Record<string, string> = { Accept: 'application/json' };
  // Every write is JSON, with or without a body: the server refuses other kinds.
  if (method !== 'get') headers['Content-Type'] = 'application/json';
  if (idempotencyKey !== undefined) headers['Idempotency-Key'] = idempotencyKey;
  if (active === true) headers['X-User-Active'] = '1';

  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MILLISECONDS);
  const abort = () => timeout.abort();
  signal?.addEventListener('abort', abort);
  let response: Response;
  let text: string;
  try {
    response = await fetch(url(path, places, query), {
      method: method.toUpperCase(),
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: 'same-origin',
      cache: 'no-store',
      keepalive,
      signal: timeout.signal,
    });
    if (response.headers.has('x-local-run')) onLocalRun();
    if (!response.ok) {
      const error = await readProblem(response);
      if (error.failure === 'signed_out') onSignedOut(error);
      throw error;
    }
    text = await response.text();
    if (method !== 'get' || active === true) onExtended();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError('offline', 0, '');
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
  try {
    const data: unknown = text === '' ? undefined : JSON.parse(text);
    return { status: response.status, data };
  } catch {
    throw new ApiError('failed', response.status, '');
  }
}

/** The failure of anything thrown by `call`. */
export function failureFrom(error: unknown): Failure {
  return error instanceof ApiError ? error.failure : 'failed';
}
