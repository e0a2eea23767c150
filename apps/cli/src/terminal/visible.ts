import { styleText } from 'node:util';

/** Everything that moves a terminal's cursor, begins an escape sequence, or turns the direction of text. Line breaks and tabs stay. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const unseen = /[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text with its control characters as JSON writes them: so that a payload or a provider can say nothing to the terminal, and JSON stays JSON. */
export function visible(text: string): string {
  return text.replace(unseen, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

type Style = Parameters<typeof styleText>[0];

/** What catches the eye, by what a line says: colours come after everything else, so that no width and no data has to know of them. */
const accents: readonly (readonly [pattern: RegExp, style: Style])[] = [
  [/^reembed: |^error: |\[[a-z]+(?:-[a-z]+)+\]$/gm, 'red'],
  [/^(?:Next|next):?(?= )/gm, 'bold'],
  [/`[^`\n]+`/g, 'cyan'],
  [/\b(?:pass|observing|completed)\b(?!\w)/g, 'green'],
  [/\b(?:fail|failed)\b/g, 'red'],
  [/\b(?:inconclusive|not measured|set aside)\b|^ *waiting\b/gm, 'yellow'],
];

/** The same text with colours. */
export function highlight(text: string): string {
  return accents.reduce((at, [pattern, style]) => at.replace(pattern, (part) => styleText(style, part, { validateStream: false })), text);
}
