/** What leaves as a file: texts that are no JSON, over as many pages as there are. */
import { ApiError, readProblem } from '../api/client';
import { askStepUp } from '../lib/stepUp.svelte';

/** One page as it comes, after a fresh proof where one is asked for. */
async function page(path: string): Promise<Response> {
  for (let isAgain = false; ; isAgain = true) {
    const answer = await fetch(path, { headers: { 'X-User-Active': '1' }, credentials: 'same-origin', cache: 'no-store' }).catch(() => null);
    if (answer === null) throw new ApiError('offline', 0, '');
    if (answer.ok) return answer;
    const error = await readProblem(answer);
    if (error.slug !== 'step-up-required' || !(await askStepUp(isAgain))) throw error;
  }
}

/** Every line of the audit log. */
export async function auditLines(): Promise<string[]> {
  const parts: string[] = [];
  for (let after = 0; ; ) {
    const lines = (await (await page(`/v1/audit/export?after=${after}`)).text()).trimEnd();
    if (lines === '') return parts;
    parts.push(`${lines}\n`);
    after = (JSON.parse(lines.slice(lines.lastIndexOf('\n') + 1)) as { index: number }).index;
  }
}

/** A whole conversation as text. */
export async function chartText(conversation: string): Promise<string[]> {
  const parts: string[] = [];
  for (let path: string | undefined = `/v1/conversations/${conversation}/export`; path !== undefined; ) {
    const answer: Response = await page(path);
    parts.push(await answer.text());
    path = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link') ?? '')?.[1];
  }
  return parts;
}

/** Hands a file to the browser. */
export function save(name: string, type: string, parts: string[]): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
