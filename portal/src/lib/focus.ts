import { tick } from 'svelte';

/** Whoever pressed a button that is gone goes on at the top of the page, not nowhere. */
export async function rescueFocus(): Promise<void> {
  await tick();
  if (document.activeElement !== document.body && document.activeElement !== null) return;
  document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
}
