/** Routes of the contract that the OpenAPI document does not list yet. A page that calls one copes with a 404. */
import type { AuthenticationJson } from '../lib/passkey';
import type { components } from './schema';

type SessionView = components['schemas']['SessionView'];

interface Answer<Body> {
  headers: Record<string, unknown>;
  content: { 'application/json': Body };
}
interface Nothing {
  headers: Record<string, unknown>;
  content?: never;
}
/** One method of a route: what its path holds, what it takes, what it answers. */
interface Operation<Path, Body, Responses> {
  parameters: { query?: never; header?: never; cookie?: never } & Path;
  requestBody: { content: { 'application/json': Body } };
  responses: Responses;
}
interface Bare<Path, Responses> {
  parameters: { query?: never; header?: never; cookie?: never } & Path;
  requestBody?: never;
  responses: Responses;
}
type Here = { path?: never };
type Id = { path: { id: string } };

type BrowserView = components['schemas']['BrowserView'];

export interface OpenSession {
  id: string;
  current: boolean;
  kind: string;
  scope: string;
  browser: BrowserView;
  created_at: string;
  last_used_at: string;
  expires_at: string;
}

export interface Device {
  id: string;
  current: boolean;
  browser: BrowserView;
  created_at: string;
  last_used_at: string;
  expires_at: string;
}

export interface PendingPaths {
  '/v1/notices/resend': { post: Operation<Here, { notice: string }, { 202: Nothing }> };
  '/v1/session/step-up-codes': {
    post: Operation<Here, object, { 202: Answer<{ code_length: number; expires_in_seconds: number; sent_to: string }> }>;
  };
  '/v1/session/step-up': {
    post: Operation<
      Here,
      { code: string } | { passkey: AuthenticationJson } | { totp: string },
      { 200: Answer<SessionView> }
    >;
  };
  '/v1/sessions': {
    get: Bare<Here, { 200: Answer<{ items: OpenSession[]; next_cursor: null }> }>;
    delete: Bare<Here, { 204: Nothing }>;
  };
  '/v1/sessions/{id}': { delete: Bare<Id, { 204: Nothing }> };
  '/v1/devices': {
    get: Bare<Here, { 200: Answer<{ items: Device[] }> }>;
    post: Operation<Here, { shared: boolean }, { 201: Answer<Device> }>;
  };
  '/v1/devices/{id}': { delete: Bare<Id, { 204: Nothing }> };
  '/v1/devices/redeem': { post: Operation<Here, { token: string }, { 201: Answer<SessionView> }> };
}
