import { reembed } from '@reembed/core';
import { type Command, InvalidArgumentError } from 'commander';

/** Arguments that several commands take. */
export const migrationId = ['<id>', 'the migration, by its id, its name or its target'] as const;
export const specFile = ['<spec>', 'the spec, a YAML or JSON file'] as const;

/** What commands that only look say of themselves. */
export const readsOnly = 'Only reads: of the running coordinator, or else\nof what Qdrant (QDRANT_URL) keeps, which is said on stderr.';

/** The word of whoever takes work up that another fleet has not given up. */
export type TakeOver = { readonly takeOver?: true };

export const takeOverOption = [
  '--take-over',
  'take the migration over from the fleet that it belongs to, which stops working on it',
] as const;

/** A list that comes in pages, and what leads on from one. */
export type Paging = { readonly limit: number; readonly cursor?: string | null };

export function addPaging(command: Command): Command {
  return command.option('--limit <n>', 'how many', positiveInteger, 100).option('--cursor <cursor>', 'where the last list ended');
}

/** The command that shows the page after; none on the last. */
export function nextPage(command: string, id: string, { limit }: Paging, cursor: string | null): string[] {
  return cursor === null ? [] : [`more: ${reembed(command, id, '--limit', limit, '--cursor', cursor)}`];
}

/** A summary as the sentence that begins a description. */
export function sentence(summary: string): string {
  return `${summary.slice(0, 1).toUpperCase()}${summary.slice(1)}.`;
}

/** Reads an option's value. */
export function positiveInteger(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('It wants a whole number from 1.');
  return Number(text);
}

export function wholeNumber(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw new InvalidArgumentError('It wants a whole number.');
  return Number(text);
}

export function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It wants a number.');
  return value;
}

/** `none` takes a limit away. */
function orNone<Value>(read: (text: string) => Value): (text: string) => Value | null {
  return (text) => (text === 'none' ? null : read(text));
}

/** `5%`, or `0.05`. */
export function shareOfWhole(text: string): number {
  const value = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (text.trim() === '' || !(value > 0 && value <= 1)) throw new InvalidArgumentError('It wants a share, such as 5%.');
  return value;
}

export const decimalOrNone = orNone(decimal);
export const shareOrNone = orNone(shareOfWhole);

export function portNumber(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It wants a port, 0 to 65535.');
  return Number(text);
}
