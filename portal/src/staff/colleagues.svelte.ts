/** Names of colleagues, where the reader may know them. */
import { call } from '../api/client';
import type { StaffMember } from '../api/types';

let everybody = $state.raw<readonly StaffMember[]>([]);
let isAsked = false;

/** Loads the names once. Roles that may not list staff go without. */
export async function loadColleagues(): Promise<void> {
  if (isAsked) return;
  isAsked = true;
  try {
    everybody = (await call('get', '/v1/staff', { query: { limit: 100 } })).data.items;
  } catch {
    everybody = [];
  }
}

/** The name of a colleague, or null where it is not known. */
export function colleague(id: string): string | null {
  return everybody.find((one) => one.id === id)?.name ?? null;
}

/** Who can be asked to answer a conversation. */
export function assignees(): readonly StaffMember[] {
  return everybody.filter((one) => one.active && one.roles.some((role) => role === 'clinician' || role === 'front_desk'));
}
