import { InvalidArgumentError } from 'commander';

/** Reads an option's value. */
export function positiveInteger(text: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(text)) throw new InvalidArgumentError('It wants a whole number from 1.');
  return Number(text);
}

export function portNumber(text: string): number {
  if (!/^[0-9]{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('It wants a port, 0 to 65535.');
  return Number(text);
}
