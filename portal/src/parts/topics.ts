import type { Topic } from '../api/types';

/** The string of each topic. */
export const TOPIC_KEYS: Record<Topic, string> = {
  medical_question: 'topic-medical_question',
  prescription: 'topic-prescription',
  appointment: 'topic-appointment',
  form: 'topic-form',
  billing: 'topic-billing',
  other: 'topic-other',
};

export const TOPICS = Object.keys(TOPIC_KEYS) as Topic[];

/** The string of a topic as the server names it; one it learned after this page was built is "something else". */
export function topicKey(topic: string): string {
  return topic in TOPIC_KEYS ? TOPIC_KEYS[topic as Topic] : TOPIC_KEYS.other;
}
