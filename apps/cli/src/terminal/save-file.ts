import { constants } from 'node:fs';
import { access, mkdir, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ReembedError } from '@reembed/core';

/** Writes what a command was asked to write to a file of the user's. Throws `invalid-request` where it cannot be written. */
export async function saveFile(file: string, text: string): Promise<void> {
  await writeFile(file, text).catch(refused(file));
}

/** The same refusal before anything is paid for what would be written. Writes nothing but, where it is to, the folder. */
export async function checkSavable(file: string, { makesFolder = false } = {}): Promise<void> {
  if (makesFolder) await mkdir(dirname(file), { recursive: true }).catch(refused(file));
  const there = await stat(file).catch(() => null);
  if (there?.isDirectory()) return refused(file)(new Error('it is a directory'));
  await access(there === null ? dirname(file) : file, constants.W_OK).catch(refused(file));
}

function refused(file: string): (cause: Error) => never {
  return (cause) => {
    throw new ReembedError('invalid-request', `${file} cannot be written: ${cause.message}`, { cause });
  };
}
