import type { Phase } from '@reembed/contracts';
import type { Migration, Wait } from '../domain/migration.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';

/** How one run of a stage ends: the next phase, another look later, or nothing to do until a word. Everything else is an error thrown. */
export type StageResult =
  | { readonly kind: 'next'; readonly to: Phase; readonly change?: Partial<Migration> }
  | { readonly kind: 'again'; readonly afterMs: number; readonly waiting?: Wait }
  | { readonly kind: 'rest' };

/** Must be safe to run again from the start at any time, and beside another coordinator. */
export type Stage = (deps: CoordinatorDeps, migration: Migration, signal: AbortSignal) => Promise<StageResult>;
