/** Days and times in the words of the page's language. */
import { locale, t } from '../i18n/i18n.svelte';
import { dateTimeText, dayText, nearness, shortDayText, timeText } from './moments';
import { timeZone } from './practice.svelte';

/** `Today`, `Yesterday`, or the day in full: for the line between messages. */
export function dayLine(at: string): string {
  const moment = new Date(at);
  switch (nearness(moment, new Date(), timeZone())) {
    case 'today':
      return t('thread-today');
    case 'yesterday':
      return t('thread-yesterday');
    case 'other':
      return dayText(moment, new Date(), locale(), timeZone());
  }
}

/** The time alone. */
export function timeOf(at: string): string {
  return timeText(new Date(at), locale(), timeZone());
}

/** For lists: the time of today's things, the day of older ones. */
export function listTime(at: string): string {
  const moment = new Date(at);
  switch (nearness(moment, new Date(), timeZone())) {
    case 'today':
      return timeText(moment, locale(), timeZone());
    case 'yesterday':
      return t('thread-yesterday');
    case 'other':
      return shortDayText(moment, new Date(), locale(), timeZone());
  }
}

/** Day and time: for what happened. */
export function dateTime(at: string): string {
  return dateTimeText(new Date(at), new Date(), locale(), timeZone());
}
