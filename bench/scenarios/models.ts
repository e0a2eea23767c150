import { modelSettingsSchema } from '@reembed/contracts';
import { loadReembedConfig } from '@reembed/embedders';
import { loadSettings } from '@reembed/process';
import { startChild } from '../child.ts';
import { type Bench, interleaved, markdownTable, type Scenario, speedRatio } from '../harness.ts';
import { cpuMicrosPerPoint, type Measurement, median, pointsPerSecond } from '../measurement.ts';
import type { EmbedTask } from '../processes/model-worker.ts';

const yardstick = 'local/use-lite';
const sizes: readonly EmbedTask[] = [
  { texts: 640, wordsAText: 12 },
  { texts: 128, wordsAText: 90 },
];
/** Loads the model, and is not counted. */
const warmUpTexts = 64;

/** The models that run in the worker, each in a process of its own that lives through all rounds: its memory must not grow. */
export const models: Scenario = {
  name: 'models',
  summary: 'local/use-lite beside the transformers models of reembed.config.yaml: speed, CPU time, memory',
  async run(bench) {
    const names = [yardstick, ...(await configuredModels())];
    const rows: string[][] = [];
    for (const size of sizes) rows.push(...(await embedInTurn(bench, names, size)));
    const head = ['model', 'texts of', 'texts/s', 'ratio', 'CPU ms/text', 'RSS MiB first / last round'];
    for (const line of markdownTable(head, rows)) bench.print(line);
    if (names.length === 1)
      bench.print('\nNo transformers model is configured: REEMBED_CONFIG can name a reembed.config.yaml that has some.');
  },
};

async function configuredModels(): Promise<string[]> {
  const { configFile } = loadSettings(modelSettingsSchema, process.env);
  const { models: entries } = await loadReembedConfig(configFile);
  return Object.keys(entries).filter((name) => entries[name]?.provider === 'transformers');
}

async function embedInTurn({ rounds }: Bench, names: readonly string[], size: EmbedTask): Promise<string[][]> {
  await using stack = new AsyncDisposableStack();
  const contestants: Record<string, () => Promise<Measurement>> = {};
  for (const name of names) {
    const child = stack.use(await startChild('model-worker.ts', [name]));
    await child.measure({ ...size, texts: warmUpTexts });
    contestants[name] = () => child.measure(size);
  }
  const measured = await interleaved(rounds, contestants);
  return names.map((name) => rowOf(name, size, measured[name] ?? [], measured[yardstick] ?? []));
}

function rowOf(name: string, { wordsAText }: EmbedTask, rounds: readonly Measurement[], first: readonly Measurement[]): string[] {
  const speed = median(rounds.map(pointsPerSecond)).toFixed(0);
  const cpuMs = (median(rounds.map(cpuMicrosPerPoint)) / 1000).toFixed(1);
  const rss = [rounds[0], rounds.at(-1)].map((round) => round?.rssLateMiB.toFixed(0)).join(' / ');
  return [name, `${wordsAText} words`, speed, speedRatio(rounds, first), cpuMs, rss];
}
