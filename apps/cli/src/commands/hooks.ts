import type { HookDelivery } from '@reembed/contracts';
import type { Command } from 'commander';
import { runningCoordinator } from '../fleet/find-coordinator.ts';
import { table } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';

export function defineHooks(command: Command, cli: Cli): void {
  command
    .description('Lists what the hooks of reembed.config.yaml were told by the running coordinator, and what came of it, the newest first.')
    .action(async () => {
      const api = runningCoordinator(cli);
      try {
        const deliveries = await api.hooks();
        cli.result({ deliveries }, () => renderDeliveries(deliveries));
      } finally {
        await api.close();
      }
    });
}

function renderDeliveries(deliveries: readonly HookDelivery[]): string {
  if (deliveries.length === 0) return 'No hook was told anything.';
  const rows = deliveries.map(({ message, hook, state, attempts, answer, nextAt }) => [
    ...[message.at, hook, message.event, message.migration, message.phase],
    nextAt === null || state !== 'pending' ? state : `again at ${nextAt}`,
    ...[String(attempts), answer ?? ''],
  ]);
  return table([['when', 'hook', 'event', 'migration', 'phase', 'state', 'tries', 'came of it'], ...rows]).join('\n');
}
