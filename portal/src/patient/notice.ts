/** The link of a notice that this page was opened with, for the pages that say how to go on without a session. */
import { call } from '../api/client';

let secret: string | null = null;

export function keepNotice(token: string): void {
  secret = token;
}

/** The whole link, or null when this page was opened by none. */
export function noticeLink(): string | null {
  return secret === null ? null : `${location.origin}/n#t=${secret}`;
}

/** Has a fresh message sent to where the first one went. The answer is the same for every link. */
export async function sendFreshNotice(): Promise<void> {
  if (secret !== null) await call('post', '/v1/notices/resend', { body: { notice: secret } });
}
