import { readClaim, readOwner } from '@reembed/contracts';
import { isReembedError, otherFleet } from '@reembed/core';
import type { Cli } from '../terminal/host.ts';
import { type Access, withTakeOver } from './find-coordinator.ts';
import { isFree } from './ownership.ts';

type Taking = {
  /** The word for a migration of another fleet. */
  readonly takeOver: boolean | undefined;
  /** The collection whose migration it is. */
  readonly target: string;
};

/**
 * Takes work up. One that belonged to a run of this machine which was killed, with its fleet and its Redis, needs no word: the same command
 * goes on where it was.
 */
export async function takeUp<T>(
  cli: Cli,
  access: Access,
  { takeOver = false, target }: Taking,
  take: (takeOver: boolean) => Promise<T>,
): Promise<T> {
  try {
    return await take(takeOver);
  } catch (error) {
    if (!access.own || !isReembedError(error, 'other-fleet')) throw error;
    const { connectQdrant } = await import('../inputs/connect-qdrant.ts');
    const info = await (await connectQdrant(cli.env)).collections.describe(target);
    const [owner, claim] = [readOwner(info?.metadata), readClaim(info?.metadata)];
    if (owner === null || claim === null) throw error;
    // The coordinator that says so ends with this command: what goes on is the same command.
    if (!isFree(owner)) throw otherFleet(claim.id, owner, withTakeOver(cli));
    cli.say('The fleet that worked on it ended without a word, with the command that had started it: going on from there.');
    return take(true);
  }
}
