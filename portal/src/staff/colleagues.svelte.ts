/** Names of colleagues, where the reader may know them. */
import { call } from '../api/client';

let names = $state.raw<ReadonlyMap<string, string>>(new Map());
let isAsked = false;

/** Loads the names once. Roles that may not list staff go without. */
export async function loadColleagues(): Promise<void> {
  if (isAsked) return;
  isAsked = true;
  try {
    const page = (await call('get', '/v1/staff', { query: { limit: 100 } })).data;
    names = new Map(page.items.map((one) => [one.id, one.name]));
  } catch {
    names = new Map();
  }
}

/** The name of a colleague, or null where it is not known. */
export function colleague(id: string): string | null {
  return names.get(id) ?? null;
}
