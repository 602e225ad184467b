/** Names for the shapes of the API that pages use, all taken from the generated `schema.d.ts`. */
import type { paths } from './schema';

type Content<T> = T extends { content: infer C } ? (C extends Record<string, infer B> ? B : never) : never;
type Responses<P extends keyof paths, M extends keyof paths[P]> = paths[P][M] extends { responses: infer R } ? R : never;
type Body<P extends keyof paths, M extends keyof paths[P], S> = S extends keyof Responses<P, M>
  ? Content<Responses<P, M>[S]>
  : never;

export type Session = Body<'/v1/session', 'get', 200>;
/** What the server asks for before it opens a session; `methods` where it is a second factor of staff. */
export type NextStep = Body<'/v1/sessions', 'post', 200>;
export type Practice = Body<'/v1/practices/{slug}', 'get', 200>;
export type ConversationList = Body<'/v1/conversations', 'get', 200>;
export type Conversation = Body<'/v1/conversations/{id}', 'get', 200>;
/** A change of a conversation, with what it was when that was decided. */
export interface ConversationChange {
  state?: 'open' | 'closed';
  assigned_to?: string | null;
  attention?: false;
  seen?: { state: 'open' | 'closed'; assigned_to: string | null };
}
export type Topic = 'medical_question' | 'prescription' | 'appointment' | 'form' | 'billing' | 'other';
type ListedPage = Body<'/v1/conversations/{id}/messages', 'get', 200>;
type ListedMessage = ListedPage['items'][number];
export type Message = Omit<ListedMessage, 'state'> & { state: 'sent' | 'recalled' };
export type Recalled = Body<'/v1/conversations/{id}/messages/{seq}/recall', 'post', 200>;
export type MessagePage = Omit<ListedPage, 'items'> & { items: Message[] };
export type Patient = Body<'/v1/patients/{id}', 'get', 200>;
export type PatientList = Body<'/v1/patients', 'get', 200>;
export type Found = Body<'/v1/patients/{id}/accounts/find', 'post', 200>['items'][number];
export type StaffMember = Body<'/v1/staff', 'get', 200>['items'][number];
export type Note = Body<'/v1/conversations/{id}/notes', 'get', 200>['items'][number];
export type Grant = Body<'/v1/patients/{id}/accounts', 'get', 200>['items'][number];
export type Passkey = Body<'/v1/passkeys', 'get', 200>['items'][number];
export type Factors = Body<'/v1/factors', 'get', 200>;
export type Reach = Body<'/v1/patients/{id}/reach', 'get', 200>;
export type ContactReach = Reach['contacts'][number];
export type NoticeReach = Reach['notices'][number];
export type OpenSession = Body<'/v1/sessions', 'get', 200>['items'][number];
export type AuditEvent = Body<'/v1/audit', 'get', 200>['items'][number];
export type Checkpoint = Body<'/v1/audit/checkpoints', 'get', 200>['items'][number];
export type Access = Body<'/v1/me/access-log', 'get', 200>['items'][number];
export type EvidenceRequest = Body<'/v1/evidence', 'get', 200>['items'][number];
export type Evidence = Body<'/v1/evidence/{id}', 'get', 200>;
export type Incident = Body<'/v1/evidence/{id}/incident', 'get', 200>;
export type Device = Body<'/v1/devices', 'get', 200>['items'][number];
