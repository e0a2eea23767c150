import { labelledQuerySchema, qrelSchema, readOrigins, templateFault } from '@reembed/contracts';
import { type CollectionInfo, type Collections, createOwnBudget, ownInWords, ReembedError } from '@reembed/core';
import { chooseSample, type FitResult, fitAdapter, measureSample } from '@reembed/learned-maps';
import { systemClock } from '@reembed/process';
import { z } from 'zod';
import { connectQdrant } from '../inputs/connect-qdrant.ts';
import { openCatalogue } from '../inputs/models-here.ts';
import { readQueryFiles } from '../inputs/query-files.ts';
import { count, dollars } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';
import { checkSavable } from '../terminal/save-file.ts';

export type FitOptions = {
  readonly source: string;
  readonly vector: string;
  readonly model: string;
  readonly text: string;
  readonly sample: number;
  readonly stratify?: string;
  readonly seed: string;
  readonly queries?: string;
  readonly qrels?: string;
  readonly documentField?: string;
  readonly price?: boolean;
  readonly out: string;
};

/** Fits an adapter in this process, which therefore needs the provider's key. Null where only the price was asked for. */
export async function fitFromCollection(cli: Cli, options: FitOptions): Promise<FitResult | null> {
  const { vector, model, text, seed, stratify = null, out } = options;
  const fault = templateFault(text);
  if (fault !== null) throw new ReembedError('invalid-request', `--text ${JSON.stringify(text)} ${fault}`);
  const judged = await readJudged(options.queries, options.qrels);
  const catalogue = await openCatalogue(cli.env);
  const embedder = catalogue.embedder(model);
  try {
    const { collections, points } = await connectQdrant(cli.env);
    const info = await describeSource(collections, options.source);
    const dimensions = sizeOf(info, vector);
    const collection = info.name;
    cli.say(`choosing ${count(options.sample)} points of "${collection}" by the hashes of their ids`);
    const sample = await chooseSample(points, { collection, size: options.sample, seed, stratify, signal: cli.signal });
    const { texts, tokens } = await measureSample(points, { collection, text, sample }, embedder.countTokens);
    const price = catalogue.facts(model)?.pricePerMillionTokensUsd ?? null;
    const priceUsd = price === null ? null : (tokens / 1e6) * price;
    const cost = `${count(texts)} texts, ${embedder.exactTokens ? '' : 'about '}${count(tokens)} tokens: ${dollars(priceUsd)} at ${model}`;
    if (options.price) {
      cli.result({ points: sample.ids.length, texts, tokens, priceUsd }, () => cost);
      return null;
    }
    await checkSavable(out, { makesFolder: true });
    cli.say(cost);
    return await fitAdapter(
      {
        points,
        embedding: { embedder, dimensions: undefined, budget: createOwnBudget(systemClock), clock: systemClock, signal: cli.signal },
        onProgress: (done) => cli.say(`embedded ${count(done)} of ${count(sample.ids.length)}`),
      },
      {
        ...{ collection, vector, text, sample, seed, stratify, out },
        from: { dimensions, origin: readOrigins(info.metadata)[vector] ?? null },
        judged: { ...judged, documentField: options.documentField ?? null },
        createdAt: systemClock.now().toISOString(),
      },
    );
  } finally {
    await embedder.close();
  }
}

async function describeSource(collections: Collections, name: string): Promise<CollectionInfo> {
  const own = ownInWords(name);
  if (own !== null) throw new ReembedError('invalid-request', `"${name}" ${own}`);
  const info = await collections.describe((await collections.aliases()).get(name) ?? name);
  if (info !== null) return info;
  throw new ReembedError(
    'not-found',
    `there is no collection or alias "${name}"; there are: ${(await collections.names()).join(', ') || 'none'}`,
  );
}

function sizeOf({ name, vectors }: CollectionInfo, vector: string): number {
  const params = vectors[vector];
  const names = Object.keys(vectors).map((one) => JSON.stringify(one));
  if (params === undefined)
    throw new ReembedError('invalid-request', `--vector: "${name}" has no dense vector "${vector}"; it has: ${names.join(', ') || 'none'}`);
  if (params.multivector_config)
    throw new ReembedError('invalid-request', `--vector: "${vector}" is a multivector, which no map is learnt for: embed it anew`);
  return params.size;
}

const judgedSchema = z.object({ gates: z.object({ queries: z.array(labelledQuerySchema), qrels: z.array(qrelSchema) }) });

/** Labelled queries from the files of the command line, in the formats that a spec may name. Throws `invalid-spec`, naming file or line. */
async function readJudged(queries: string | undefined, qrels: string | undefined) {
  if (queries === undefined && qrels === undefined) return { queries: [], qrels: [] };
  if (queries === undefined || qrels === undefined)
    throw new ReembedError('invalid-request', '--queries and --qrels want each other: name both files');
  const { spec, locate } = await readQueryFiles({ gates: { queries, qrels } }, '.');
  const parsed = judgedSchema.safeParse(spec);
  if (parsed.success) return parsed.data.gates;
  const [first] = parsed.error.issues;
  const { field, message } = locate({ field: first?.path.join('.') ?? '', value: undefined, message: first?.message ?? '' });
  throw new ReembedError('invalid-spec', `${field}: ${message}`);
}
