import { readFileSync, readlinkSync } from 'node:fs';
import type { Owner, OwnerMetadata } from '@reembed/contracts';

/** This process, as one that a fleet and its Redis end with; undefined where it cannot be told from those of another machine or start. */
export function thisProcess(): string | undefined {
  const machine = thisMachine();
  return machine === null ? undefined : `${machine}#${process.pid}`;
}

/** The start of the system that this process runs on, and the space that its process ids are of. Linux only. */
function thisMachine(): string | null {
  try {
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}

/** Whether a migration of that owner may be taken up without a word: it was given up, or its fleet is known to be gone with its Redis. */
export function isFree({ releasedAt, endsWith }: Pick<Owner, 'releasedAt' | 'endsWith'>): boolean {
  return releasedAt !== null || (endsWith !== null && hasEnded(endsWith));
}

/** True only where it is certain: a process of this very machine, since it was started, that runs no more. */
function hasEnded(endsWith: NonNullable<OwnerMetadata['endsWith']>): boolean {
  const at = endsWith.lastIndexOf('#');
  return endsWith.slice(0, at) === thisMachine() && !runs(Number(endsWith.slice(at + 1)));
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
