/**
 * Words that may mean an emergency, in the languages of the pages. They are looked for in what a patient sends, whatever the
 * language of the page; they judge nothing and stop nothing. Missing an emergency is worse than asking once too often.
 */

/** Folded: lower case, without accents, one kind of apostrophe. Each may begin a word and go on: `suicid` finds `suicide`. */
const WORDS: readonly string[] = [
  // English
  'chest pain',
  'pain in my chest',
  'heart attack',
  "can't breathe",
  'cannot breathe',
  'cant breathe',
  'trouble breathing',
  'hard to breathe',
  'throat is closing',
  'stroke',
  'face is drooping',
  'unconscious',
  'passed out',
  'seizure',
  'bleeding a lot',
  'bleeding heavily',
  "bleeding won't stop",
  'overdose',
  'suicid',
  'kill myself',
  'want to die',
  'lost my sight',
  'lost my vision',
  "can't see anything",
  // Spanish
  'dolor de pecho',
  'dolor en el pecho',
  'me duele el pecho',
  'infarto',
  'ataque al corazon',
  'no puedo respirar',
  'no puede respirar',
  'me cuesta respirar',
  'dificultad para respirar',
  'me ahogo',
  'derrame cerebral',
  'inconsciente',
  'me desmaye',
  'se desmayo',
  'convulsion',
  'sangro mucho',
  'sangra mucho',
  'sobredosis',
  'matarme',
  'quiero morir',
  'quitarme la vida',
  'perdi la vista',
  'no veo nada',
];

function folded(text: string): string {
  return text
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[\u2019\u02bc\u00b4`]/g, "'")
    .replace(/[^a-z0-9']+/g, ' ');
}

/** Whether a text holds words that may mean an emergency. */
export function mayBeUrgent(text: string): boolean {
  const padded = ` ${folded(text)}`;
  return WORDS.some((word) => padded.indexOf(` ${word}`) >= 0);
}
