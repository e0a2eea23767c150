import { commandLineSettingsSchema, type Spec, type Trial, type TrialInput } from '@reembed/contracts';
import { parseTrial, ReembedError, runTrial } from '@reembed/core';
import { createModelCatalogue, createTextSources } from '@reembed/embedders';
import { createAdapterFiles } from '@reembed/learned-maps';
import { loadSettings, systemClock } from '@reembed/process';
import { renderTrialPage } from '@reembed/report';
import type { Command } from 'commander';
import type { ApiClient } from '../api/api-client.ts';
import { namedCoordinator } from '../fleet/find-coordinator.ts';
import { connectQdrant } from '../inputs/connect-qdrant.ts';
import { loadSpec } from '../inputs/load-spec.ts';
import { createModelCallsHere } from '../inputs/model-calls-here.ts';
import { embedSampleHere, readModelSources } from '../inputs/models-here.ts';
import type { Cli } from '../terminal/host.ts';
import { renderTrial } from '../terminal/render-trial.ts';
import { checkSavable, saveFile } from '../terminal/save-file.ts';
import { trialLines } from '../terminal/trial-lines.ts';
import { decimal, positiveInteger } from './options.ts';

type Options = { readonly model?: string[]; readonly points?: number; readonly budget?: number; readonly html?: string };

export function defineTrial(command: Command, cli: Cli): void {
  command
    .description(
      'Tries specs on one sample of their source before anything is paid for all: the sample is embedded by every candidate, old and new vectors\n' +
        'are asked the same queries (gates.queries with gates.qrels, or gates.knownItems), and a table says for each whether it is worth it, what it\n' +
        'costs, how long it takes and what memory it needs. It asks the Qdrant of QDRANT_URL with the keys of this environment, or the coordinator\n' +
        'of REEMBED_URL where that is set. Nothing but a collection of its own is written; its vectors are not paid again by a migration.',
    )
    .argument('<specs...>', 'specs of one source, YAML or JSON: the candidates')
    .option(
      '--model <name>',
      'tries the first spec with this model too, and again with another; openai/text-embedding-3-large@1024 with so many dimensions',
      (name: string, others: readonly string[] = []) => [...others, name],
    )
    .option('--points <n>', 'how many points are tried, 100 to 50000; default: 3000', positiveInteger)
    .option('--budget <usd>', 'what it may cost at list prices, in US dollars: past it nothing is embedded; default: 2', decimal)
    .option('--html <file>', 'write a page for people too')
    .action((files: string[], options: Options) => tryOut(cli, files, options));
}

async function tryOut(cli: Cli, files: readonly string[], { model = [], points, budget, html }: Options): Promise<void> {
  if (html !== undefined) await checkSavable(html);
  const specs: Spec[] = [];
  for (const file of files) specs.push(await loadSpec(file));
  const [first] = specs;
  const variants = first === undefined ? [] : model.map((name) => withModel(first, name));
  const body = {
    specs: [...specs, ...variants],
    ...(points !== undefined && { points }),
    ...(budget !== undefined && { budgetUsd: budget }),
  };
  const api = namedCoordinator(cli);
  const trial = api === null ? await tryHere(cli, body) : await tryThere(cli, api, body);
  if (html !== undefined) await saveFile(html, renderTrialPage(trial));
  cli.result(trial, () => renderTrial(trial, files.length === specs.length + variants.length ? files : []));
}

/** The spec with every embedded vector made by another model, under that model's name. Throws `invalid-request` where it embeds nothing. */
export function withModel(spec: Spec, word: string): Spec {
  const [, model = word, size] = /^(.+)@([1-9][0-9]{0,4})$/.exec(word) ?? [];
  const vectors = Object.entries(spec.vectors).map(([name, vector]) => {
    const { embed } = vector;
    if (embed === undefined) return [name, vector];
    const { dimensions: _others, ...recipe } = embed;
    return [name, { ...vector, embed: { ...recipe, model, ...(size !== undefined && { dimensions: Number(size) }) } }];
  });
  if (Object.values(spec.vectors).every(({ embed }) => embed === undefined))
    throw new ReembedError(
      'invalid-request',
      `--model (${word}): "${spec.name}" embeds nothing, so no other model can be tried in its place`,
    );
  return { ...spec, name: word, vectors: Object.fromEntries(vectors) };
}

async function tryHere({ env, signal, say }: Cli, body: TrialInput): Promise<Trial> {
  const { collections, points, searches } = await connectQdrant(env);
  const { filesDir } = loadSettings(commandLineSettingsSchema.pick({ filesDir: true }), env);
  const sources = await readModelSources(env);
  const [catalogue, textSources] = [createModelCatalogue(sources), createTextSources({ ...sources, filesDir })];
  await using here = embedSampleHere(catalogue, signal);
  const models = { workers: 2, embedSample: here.embedSample, modelCalls: createModelCallsHere(catalogue, signal) };
  const deps = {
    collections,
    points,
    searches,
    catalogue,
    textSources,
    learnedMaps: createAdapterFiles(filesDir),
    clock: systemClock,
    ...models,
  };
  return await runTrial(deps, parseTrial(body), { signal, onProgress: trialLines(say) });
}

/** Asks again until it is done, and says how far it is. */
async function tryThere({ say, signal }: Cli, api: Pick<ApiClient, 'trial'>, body: TrialInput): Promise<Trial> {
  const show = trialLines(say);
  for (;;) {
    signal.throwIfAborted();
    const reply = await api.trial(body, signal);
    if (!('state' in reply)) return reply;
    show(reply.progress);
  }
}
