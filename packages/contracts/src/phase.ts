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

export const commands = ['pause', 'resume', 'cancel', 'verify', 'switch', 'rollback', 'complete'] as const;
export type Command = (typeof commands)[number];
