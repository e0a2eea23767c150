import { createAdapterFiles } from '@reembed/adapters';
import { type Plan, type Spec, workerSettingsSchema } from '@reembed/contracts';
import { makePlan, ReembedError } from '@reembed/core';
import { createModelCatalogue, loadReembedConfig } from '@reembed/embedders';
import { loadSettings } from '@reembed/process';
import type { Command } from 'commander';
import { connectQdrant } from '../connect-qdrant.ts';
import { runningCoordinator } from '../coordinator-access.ts';
import type { Cli } from '../host.ts';
import { loadSpec } from '../load-spec.ts';
import { renderPlan } from '../render/render-plan.ts';

export function addPlan(program: Command, cliOf: () => Cli): void {
  program
    .command('plan')
    .summary('what a spec would do, cost and need; writes nothing')
    .description(
      'Says what a spec would do, cost and need, and what stands in its way. Writes nothing, and needs no coordinator and no key:\nit asks the Qdrant of QDRANT_URL, or the coordinator of REEMBED_URL where that is set.',
    )
    .argument('<spec>', 'the spec, a YAML or JSON file')
    .action(async (file: string) => {
      const cli = cliOf();
      const spec = await loadSpec(file);
      const plan = cli.env.REEMBED_URL ? await runningCoordinator(cli).plan(spec) : await planHere(cli, spec);
      cli.result(plan, () => renderPlan(plan));
      if (plan.blockers.length > 0)
        throw new ReembedError('plan-blocked', `${plan.blockers.length} thing(s) have to be mended before ${file} can run`);
    });
}

async function planHere({ env }: Cli, spec: Spec): Promise<Plan> {
  const { collections, points } = await connectQdrant(env);
  const { filesDir } = loadSettings(workerSettingsSchema, env);
  const catalogue = createModelCatalogue({ config: await loadReembedConfig(env.REEMBED_CONFIG || undefined), env });
  return (await makePlan({ collections, points, catalogue, adapters: createAdapterFiles(filesDir) }, spec)).plan;
}
