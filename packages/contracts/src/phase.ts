import { z } from 'zod';

/** The phases of a migration, in the order of the walk, then the side roads. `docs/states.md` draws them. */
export const phases = [
  'preparing',
  'copying',
  'indexing',
  'verifying',
  'syncing',
  'ready',
  'switching',
  'observing',
  'inserting-late',
  'rolling-back',
  'completing',
  'completed',
  'rolled-back',
  'pausing',
  'paused',
  'failed',
  'cancelling',
  'cancelled',
] as const;
export const phaseSchema = z.enum(phases);
export type Phase = z.infer<typeof phaseSchema>;

/** What a migration may wait for; the words beside say the rest. */
export const waitKinds = [
  /** No worker runs. */
  'worker',
  /** Workers have yet to embed what a stage needs. */
  'embedding',
  /** A provider asks to wait, or is away: it is asked again, one request first. */
  'provider',
  /** Production comes first: searches are too slow, or a disk too full, for anything to be read or written. */
  'throttle',
  /** Qdrant has yet to optimize or index. */
  'indexing',
  /** The coordinator that held this step ended without a word: another takes it up once its lock has run out. */
  'lock',
  /** What was writing before may have a request under way. */
  'writers',
  /** Qdrant answers too slowly for the alias to be moved safely. */
  'slow-qdrant',
  /** A gate stands in the way of a switch that was asked for before: a person has to say. */
  'gate',
  /** Qdrant, Redis or a provider is away: it is tried again. */
  'away',
  /** What has switched found something that a person has to mend; it is tried again now and then. */
  'mending',
] as const;
export const waitKindSchema = z.enum(waitKinds);
export type WaitKind = z.infer<typeof waitKindSchema>;

export const commands = ['pause', 'resume', 'cancel', 'verify', 'switch', 'rollback', 'complete'] as const;
export type Command = (typeof commands)[number];
