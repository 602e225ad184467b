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
import { lockIdle, startLock } from './lock.svelte';

type StringsFile = { default: Strings };

const STRINGS: Record<LanguageCode, () => Promise<StringsFile[]>> = {
  en: () =>
    Promise.all([
      import('../../../shared/locales/en/portal.ftl'),
      import('../../../shared/locales/en/staff.ftl'),
      import('../../../shared/locales/en/access.ftl'),
    ]),
  es: () =>
    Promise.all([
      import('../../../shared/locales/es/portal.ftl'),
      import('../../../shared/locales/es/staff.ftl'),
      import('../../../shared/locales/es/access.ftl'),
    ]),
};

async function start(): Promise<void> {
  whenLocalRun(markLocalRun);
  startRouter((path) => !/^\/staff(\/|$)/.test(path));
  startSession(lockIdle);
  startLock();
  whenAsked('step-up-required', askStepUp);
  const strings = async (code: LanguageCode) => (await STRINGS[code]()).map((file) => file.default);
  await Promise.all([startLanguage(strings), loadPractice()]);
  const target = document.getElementById('app');
  if (target === null) throw new Error('no #app');
  target.textContent = '';
  mount(App, { target });
}

void start();
