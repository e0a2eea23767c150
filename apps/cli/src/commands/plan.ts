import { commandLineSettingsSchema, type Plan, type Spec } from '@reembed/contracts';
import { planWithAdvice, ReembedError } from '@reembed/core';
import { createModelCatalogue, createTextSources } from '@reembed/embedders';
import { createAdapterFiles } from '@reembed/learned-maps';
import { loadSettings } from '@reembed/process';
import type { Command } from 'commander';
import { namedCoordinator } from '../fleet/find-coordinator.ts';
import { connectQdrant } from '../inputs/connect-qdrant.ts';
import { loadSpec } from '../inputs/load-spec.ts';
import { embedSampleHere, readModelSources } from '../inputs/models-here.ts';
import type { Cli } from '../terminal/host.ts';
import { renderPlan } from '../terminal/render-plan.ts';
import { decimal, positiveInteger, wholeNumber } from './options.ts';
import { type AheadOptions, estimateAhead, isAhead, workers } from './plan-ahead.ts';

export function definePlan(command: Command, cli: Cli): void {
  command
    .description(
      "Says whether a spec can run, what it would do, cost and need, and what stands in its way. Writes nothing, and needs no coordinator:\nit asks the Qdrant of QDRANT_URL, or the coordinator of REEMBED_URL where that is set. The new model embeds a few short texts, which needs its key.\nWhere source.vectors declares what made the old vectors, 20 stored texts are embedded again to see whether that is so, which needs that\nmodel's key; without one, the plan says it was not checked.",
    )
    .argument('[spec]', 'the spec, a YAML or JSON file')
    .option('--points <n>', 'without a collection: what so many points would cost and need; goes with --mean-chars', wholeNumber)
    .option('--mean-chars <n>', 'how many characters a text has in the mean', decimal)
    .option('--model <names...>', "the models that are compared; default: the spec's")
    .option('--dimensions <n>', "default: the spec's, or each model's own", positiveInteger)
    .option('--language <name>', 'of the texts, by its English name', 'english')
    .action(async (file: string | undefined, ahead: AheadOptions) => {
      if (isAhead(ahead)) return estimateAhead(cli, file, ahead);
      if (file === undefined)
        throw new ReembedError('invalid-request', 'name a spec file; or, without a collection, --points, --mean-chars and --model');
      const spec = await loadSpec(file);
      const plan = await (namedCoordinator(cli)?.plan(spec) ?? planHere(cli, spec));
      const { length: faults } = plan.blockers;
      const blocked = new ReembedError('plan-blocked', `${faults} thing(s) have to be mended before ${file} can run`);
      cli.result(plan, () => renderPlan(plan, file), faults === 0 ? null : blocked);
    });
}

/** A plan made in this process, of the Qdrant of QDRANT_URL. */
export async function planHere({ env, signal }: Cli, spec: Spec): Promise<Plan> {
  const { collections, points } = await connectQdrant(env);
  const { filesDir } = loadSettings(commandLineSettingsSchema.pick({ filesDir: true }), env);
  const sources = await readModelSources(env);
  const [catalogue, textSources] = [createModelCatalogue(sources), createTextSources({ ...sources, filesDir })];
  await using here = embedSampleHere(catalogue, signal);
  const { embedSample } = here;
  const learnedMaps = createAdapterFiles(filesDir);
  return await planWithAdvice({ collections, points, catalogue, textSources, learnedMaps, workers, embedSample }, spec);
}
