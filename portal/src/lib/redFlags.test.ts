import { expect, test } from 'vitest';
import { mayBeUrgent } from './redFlags';

test('words of an emergency are found however they are spelled', () => {
  for (const text of [
    'I have CHEST PAIN since this morning',
    'I can’t breathe',
    'i cant   breathe',
    'Is this a stroke?',
    'Suicidal thoughts again',
    'Desde ayer tengo dolor en el pecho.',
    'Mi hijo se desmayó',
    'No puedo\nrespirar bien',
    'Creo que es un infarto',
    'Perdí la vista del ojo derecho',
  ]) {
    expect(mayBeUrgent(text), text).toBe(true);
  }
});

test('everyday messages stay everyday messages', () => {
  for (const text of [
    'When is my appointment?',
    'My prescription for the chest cream ran out',
    'The glasses arrived, thank you!',
    'Keystroke logs? Sorry, wrong window.',
    '¿A qué hora abren mañana?',
    'Respirar el polen me da alergia',
    '',
  ]) {
    expect(mayBeUrgent(text), text).toBe(false);
  }
});
