import '../lib/floor';
import { mount } from 'svelte';
import { whenAsked, whenLocalRun } from '../api/client';
import { startLanguage, type Strings } from '../i18n/i18n.svelte';
import type { LanguageCode } from '../i18n/languages';
import { loadPractice, markLocalRun } from '../lib/practice.svelte';
import { startRouter } from '../lib/router.svelte';
import { startSession } from '../lib/session.svelte';
import { askStepUp } from '../lib/stepUp.svelte';
import App from './App.svelte';

const STRINGS: Record<LanguageCode, () => Promise<{ default: Strings }>> = {
  en: () => import('../../../shared/locales/en/portal.ftl'),
  es: () => import('../../../shared/locales/es/portal.ftl'),
};

async function start(): Promise<void> {
  whenLocalRun(markLocalRun);
  whenAsked('step-up-required', askStepUp);
  startRouter((path) => /^\/(staff|outbox)(\/|$)/.test(path));
  startSession();
  // Tried twice, because without words there is no page.
  const strings = async (code: LanguageCode) => [(await STRINGS[code]().catch(STRINGS[code])).default];
  await Promise.all([startLanguage(strings), loadPractice()]);
  const target = document.getElementById('app');
  if (target === null) throw new Error('no #app');
  target.textContent = '';
  mount(App, { target });
}

void start();
