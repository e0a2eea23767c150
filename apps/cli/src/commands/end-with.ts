import type { MigrationView, Phase } from '@reembed/contracts';
import { whyNotArrived } from '../api/follow-migration.ts';
import type { Cli } from '../terminal/host.ts';
import { renderOutcome } from '../terminal/render-migration.ts';

/** The end of a command that moved a migration: its outcome, or the error that says why it is anywhere but at one of its goals. */
export function endWith(cli: Cli, view: MigrationView, goals: readonly Phase[]): void {
  const why = whyNotArrived(view, goals);
  // An error says the next step itself.
  cli.result(view, () => (why === null ? renderOutcome(view) : ''), why);
}
