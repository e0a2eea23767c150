import { describe, expect, it } from 'vitest';
import { createLanguageGuesser } from './languages.ts';

const guess = createLanguageGuesser();

describe('the guess of a language', () => {
  it.each([
    [
      'english',
      'Water boils at 100 degrees Celsius at sea level, and at a lower temperature on a mountain, which is where it was found to be so.',
    ],
    ['german', 'Die Straßenbahn fährt heute wegen einer Baustelle eine andere Strecke, und sie ist nicht so schnell wie sonst.'],
    ['french', "Il n'est pas possible de dire que les enfants qui sont dans la maison ne veulent pas jouer avec nous."],
    ['russian', 'Я не знаю, что было с ним, но он сказал, что это был не он и что она тоже не была там.'],
    ['spanish', 'No es posible que los niños que están en la casa no quieran jugar con nosotros porque ellos son muy buenos.'],
  ])('%s', (language, text) => {
    expect(guess(text)).toBe(language);
  });

  it.each(['', 'XR-2000', 'Reset password', '漢字'])('says nothing of %j', (text) => {
    expect(guess(text)).toBeNull();
  });
});
