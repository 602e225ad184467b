/** What is wrong with a birth date, in words. */
import { t } from '../i18n/i18n.svelte';
import type { DatePart, DateProblem } from '../lib/birthdate';

const MISSING: Record<DatePart, string> = {
  day: 'birth-day-missing',
  month: 'birth-month-missing',
  year: 'birth-year-missing',
};

export function birthProblemText(problem: DateProblem): string {
  const [first] = problem.fields;
  switch (problem.reason) {
    case 'missing':
      return problem.fields.length === 1 && first !== undefined ? t(MISSING[first]) : t('birth-missing');
    case 'short_year':
      return t('birth-year-short');
    case 'impossible':
      return t('birth-impossible');
    case 'future':
      return t('birth-future');
    case 'too_old':
      return t('birth-too-old');
  }
}
