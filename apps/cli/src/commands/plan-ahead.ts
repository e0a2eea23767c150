import { type EstimateRequest, estimateBodySchema, type PointsEstimate } from '@reembed/contracts';
import { estimatePoints, ReembedError } from '@reembed/core';
import { loadSpec } from '../inputs/load-spec.ts';
import { openCatalogue } from '../inputs/models-here.ts';
import { bytes, count, dollars, duration, table, wrapped } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';

export type AheadOptions = {
  readonly points?: number;
  readonly meanChars?: number;
  readonly model?: readonly string[];
  readonly dimensions?: number;
  readonly language: string;
};

/** What `reembed run` starts. */
export const workers = 2;

/** Whether points are priced that nobody has yet. */
export function isAhead({ points, meanChars, model }: AheadOptions): boolean {
  return points !== undefined || meanChars !== undefined || model !== undefined;
}

/** Prices and times points without a collection. Throws `invalid-request`, naming each option with its value. */
export async function estimateAhead(cli: Cli, file: string | undefined, options: AheadOptions): Promise<void> {
  const found = estimatePoints(await openCatalogue(cli.env), await requestOf(file, options), workers);
  cli.result(found, () => render(found));
}

const optionOf: Readonly<Record<string, string>> = {
  points: '--points',
  meanChars: '--mean-chars',
  models: '--model',
  dimensions: '--dimensions',
  language: '--language',
};

async function requestOf(
  file: string | undefined,
  { points, meanChars, model, dimensions, language }: AheadOptions,
): Promise<EstimateRequest> {
  const asked = file === undefined ? null : await askedBy(file);
  const sizes = dimensions ?? asked?.dimensions;
  const given = { points, meanChars, models: model ?? asked?.models, language, ...(sizes === undefined ? {} : { dimensions: sizes }) };
  const parsed = estimateBodySchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path: [field], message }) => {
    const value = Reflect.get(given, String(field)) as unknown;
    const option = optionOf[String(field)] ?? String(field);
    return value === undefined ? `${option} is missing: ${wanted[String(field)]}` : `${option} ${String(value)}: ${message}`;
  });
  throw new ReembedError('invalid-request', faults.join('; '));
}

const wanted: Readonly<Record<string, string>> = {
  points: 'how many points there will be, such as 100000000',
  meanChars: 'how many characters a text has in the mean, such as 800',
  models: 'one or more models, such as openai/text-embedding-3-large, or a spec that names one',
};

/** The models that a spec embeds with; their size where all of them have one. */
async function askedBy(file: string): Promise<Pick<EstimateRequest, 'models' | 'dimensions'>> {
  const { vectors } = await loadSpec(file);
  const embeds = Object.values(vectors).flatMap(({ embed }) => embed ?? []);
  if (embeds.length === 0) throw new ReembedError('invalid-request', `${file} embeds nothing: name a model by --model`);
  const [first, ...others] = new Set(embeds.map(({ dimensions }) => dimensions));
  return {
    models: [...new Set(embeds.map(({ model }) => model))],
    ...(first === undefined || others.length > 0 ? {} : { dimensions: first }),
  };
}

function render({ points, meanChars, language, models, redisBytes, assumes }: PointsEstimate): string {
  const heads = ['model', 'dimensions', 'tokens', 'price', 'batch', 'time', 'Qdrant disk', 'memory', 'int8 memory'];
  const rows = models.map(({ model, dimensions, tokens, tokenCount, priceUsd, time, qdrant }) => [
    ...[model, String(dimensions), `${tokenCount === 'exact' ? '' : 'at most '}${inMillions(tokens)}`],
    ...[dollars(priceUsd.sync), dollars(priceUsd.batch), inTime(time), bytes(qdrant.alone.diskBytes), bytes(qdrant.alone.memoryBytes)],
    bytes(qdrant.int8.memoryBytes),
  ]);
  return [
    `${count(points)} points with texts of ${count(meanChars)} characters (${language}):`,
    '',
    ...table([heads, ...rows]),
    '',
    ...models.flatMap(({ model, time, workers: say, qdrant, notes }) => [
      ...wrapped(`${model}: time by ${time.boundBy}. ${say}`, 0, 2),
      ...wrapped(
        `While old and new collection are both there, Qdrant holds ${bytes(qdrant.both.diskBytes)} on disk and ${bytes(qdrant.both.memoryBytes)} in memory.`,
        2,
        2,
      ),
      ...notes.flatMap((note) => wrapped(note, 2, 2)),
    ]),
    `Redis: ${bytes(redisBytes)}.`,
    '',
    'How the numbers come about:',
    ...assumes.flatMap((line) => wrapped(`- ${line}`, 0, 2)),
  ].join('\n');
}

function inMillions(tokens: number): string {
  return tokens < 1e9 ? `${(tokens / 1e6).toPrecision(3)} M` : `${count(tokens / 1e9)} bn`;
}

function inTime({ lowSeconds, highSeconds }: PointsEstimate['models'][number]['time']): string {
  return highSeconds === null ? `from ${duration(lowSeconds)}` : `${duration(lowSeconds)} to ${duration(highSeconds)}`;
}
