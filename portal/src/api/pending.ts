/** Routes of the contract that the OpenAPI document does not list yet. A page that calls one copes with a 404. */
import type { AuthenticationJson } from '../lib/passkey';
import type { components } from './schema';

type SessionView = components['schemas']['SessionView'];
type PatientView = components['schemas']['PatientView'];

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

export type DateMistake = 'day_month_swapped' | 'one_digit_off' | 'different';

export interface ContactReach {
  id: string;
  kind: 'email' | 'phone';
  value: string;
  state: 'unverified' | 'verified' | 'failing';
  verified_at: string | null;
  accounts: { id: string; name: string; relation: string }[];
  patients: number;
  restricted_since: string | null;
}

export interface NoticeReach {
  id: string;
  at: string;
  contact_id: string | null;
  channel: 'email' | 'sms';
  state: 'sent' | 'failed' | 'bounced' | 'deferred' | 'collapsed' | 'suppressed';
  why: string | null;
  opened_at: string | null;
  tries: DateMistake[];
  resent: number;
}

export interface Reach {
  only_my_devices: boolean;
  locked: boolean;
  contacts: ContactReach[];
  notices: NoticeReach[];
  tries: { at: string; kind: DateMistake; way: 'notice' | 'code' }[];
  devices: { account_id: string; id: string; browser: BrowserView; last_used_at: string }[];
  sessions: number;
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
  '/v1/sessions/revoke': { post: Operation<Here, { token: string }, { 204: Nothing }> };
  '/v1/devices': {
    get: Bare<Here, { 200: Answer<{ items: Device[] }> }>;
    post: Operation<Here, { shared: boolean }, { 201: Answer<Device> }>;
  };
  '/v1/devices/{id}': { delete: Bare<Id, { 204: Nothing }> };
  '/v1/devices/redeem': { post: Operation<Here, { token: string }, { 201: Answer<SessionView> }> };
  '/v1/patients/{id}/reach': { get: Bare<Id, { 200: Answer<Reach> }> };
  '/v1/patients/{id}/notices': { post: Operation<Id, { contact_id: string }, { 202: Nothing }> };
  '/v1/patients/{id}/tries/clear': { post: Bare<Id, { 204: Nothing }> };
  '/v1/patients/{id}/sign-out': { post: Bare<Id, { 204: Nothing }> };
  '/v1/patients/{id}/device-links': {
    post: Operation<
      Id,
      { account_id?: string; id_seen: boolean },
      { 201: Answer<{ url: string; qr_svg: string; expires_in_seconds: number }> }
    >;
  };
  '/v1/patients/{id}/contacts': {
    put: Operation<
      Id,
      {
        account_id?: string;
        emails: string[];
        phones: string[];
        reason: 'id_seen' | 'called_back' | 'other';
        note?: string;
      },
      { 200: Answer<PatientView> }
    >;
  };
  '/v1/patients/{id}/contacts/{contact_id}/confirm': { post: Bare<{ path: { id: string; contact_id: string } }, { 204: Nothing }> };
}
