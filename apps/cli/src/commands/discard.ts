import type { DiscardReply } from '@reembed/contracts';
import type { Command } from 'commander';
import { accessWithoutWork } from '../fleet/find-coordinator.ts';
import type { Cli } from '../terminal/host.ts';
import { migrationId } from './options.ts';

export function defineDiscard(command: Command, cli: Cli): void {
  command
    .description(
      'Deletes what remains of a migration that was rolled back or cancelled, or failed before the switch: its target, and all that is kept of it.\n' +
        'Of a completed one only what is kept goes.',
    )
    .argument(...migrationId)
    .option('--confirm <collection>', 'the name of the target, which is deleted for good')
    .action(async (id: string, { confirm }: { readonly confirm?: string }) => {
      await using access = await accessWithoutWork(cli);
      const reply = await access.api.discard(id, confirm);
      cli.result(reply, () => inWords(reply));
    });
}

function inWords({ id, deleted, forgotten }: DiscardReply): string {
  if (!forgotten) return `Nothing is known of a migration ${JSON.stringify(id)}, and nothing was deleted.`;
  return `Migration ${id} is discarded${deleted === null ? '; no collection was deleted' : `, and the collection "${deleted}" deleted`}.`;
}
