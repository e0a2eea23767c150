import { type EstimateRequest, type Issue, type PointsEstimate, specSchema, type TimeRange } from '@reembed/contracts';
import { duration } from '../../domain/amounts.ts';
import { ReembedError } from '../../domain/error.ts';
import { inWords } from '../../domain/parse-spec.ts';
import { listed, reembed } from '../../domain/words.ts';
import type { ModelCatalogue, ModelFacts } from '../../ports/embedder.ts';
import { dimensionList, givesDimensions } from '../../recipes/embed-recipe.ts';
import { otherKindBlockers } from '../../recipes/other-kinds.ts';
import { allOf, type Footprint, footprint, type VectorSize } from './footprint.ts';
import { languageSamples } from './language-samples.ts';
import { copyTime, type EmbedWork, embedTime, moreWorkers, together } from './time-range.ts';

const { rangePoints, pagePoints, streams } = specSchema.shape.copy.parse({});

/**
 * Bytes of Redis for a range: its bounds, which are two UUIDs, and the hash of one comparison. Seen of a Redis 7.0 with 50,000 ranges, `used_memory`
 * before and after.
 */
const bytesARange = 133 + 140;
/** A collection of more points keeps no fingerprints of them; 8 characters each. */
const fingerprints = { mostPoints: 10_000_000, bytes: 8 };
/** Migrations, queues and scripts, whatever the size. */
const redisBase = 10e6;

/** Links of a point in Qdrant's graph where nobody says anything. */
const defaultM = 16;

/**
 * What so many points would take that nobody has yet, for each model. Throws `invalid-request`, naming every field that cannot be: a language without a
 * sample, models that are not known or make no dense vectors, sizes that they do not give.
 */
export function estimatePoints(catalogue: ModelCatalogue, request: EstimateRequest, workers: number): PointsEstimate {
  const issues = faultsOf(catalogue, request);
  if (issues.length > 0) throw new ReembedError('invalid-request', inWords('these points cannot be priced', issues), { issues });
  const { points, meanChars, language } = request;
  return {
    ...{ points, meanChars, language },
    models: request.models.map((model) => modelEstimate(model, catalogue, request, workers)),
    redisBytes: redisBytesOf(points),
    assumes: [
      `A token has as many characters as in the first article of the Universal Declaration of Human Rights in ${language}, by each model's own tokenizer where there is one; texts of another kind (code, tables) have more tokens.`,
      'Prices are list prices; a batch is what the vendor asks for its batch road; embed.batch takes that of OpenAI and of Voyage.',
      `Hours go from the highest limits of an account to the lowest; copying and indexing as measured on 2 cores, with ${workers} workers.`,
      'Qdrant: float32 vectors in memory, 32 links of 4 bytes a point, payloads of the text alone on disk; no other vectors or indexes, one replica. The old collection is taken to be as large as the new one.',
      `Redis: ${bytesARange} bytes for each range of ${rangePoints.toLocaleString('en-US')} points, ${fingerprints.bytes} for each point up to ten million of them and none past that, 10 MB besides.`,
    ],
  };
}

function redisBytesOf(points: number): number {
  const kept = points > fingerprints.mostPoints ? 0 : points * fingerprints.bytes;
  return redisBase + Math.ceil(points / rangePoints) * bytesARange + kept;
}

type Estimated = PointsEstimate['models'][number];

function modelEstimate(model: string, catalogue: ModelCatalogue, request: EstimateRequest, workers: number): Estimated {
  const { points, meanChars, language } = request;
  const facts = knownFacts(model, catalogue);
  const record = catalogue.record(model);
  const sample = languageSamples[language] ?? '';
  const tokensAText = Math.max(1, (facts.countTokens(sample) / sample.length) * meanChars);
  const tokens = Math.round(tokensAText * points);
  const dimensions = request.dimensions ?? facts.dimensions ?? 0;
  const textsPerRequest = Math.min(facts.limits.maxInputs, pagePoints);
  const work: EmbedWork = { model, texts: points, tokens, limits: facts.limits, record, workers, textsPerRequest };
  const price = (perMillion: number | null) => (perMillion === null ? null : (tokens / 1e6) * perMillion);
  const sync = price(facts.pricePerMillionTokensUsd);
  const time = together(embedTime(work), copyTime(points, dimensions));
  return {
    ...{ model, dimensions, tokensAText, tokens },
    tokenCount: facts.exactTokens ? 'exact' : 'estimate',
    priceUsd: { sync, batch: sync === 0 ? 0 : price(record?.batchPricePerMillionTokensUsd ?? null) },
    time,
    workers: moreWorkers(work, streams),
    qdrant: held(points, dimensions, (Buffer.byteLength(sample) / sample.length) * meanChars),
    notes: notesOf(facts, tokensAText, time),
    asOf: record?.asOf ?? null,
    source: record?.source ?? null,
  };
}

function held(points: number, dimensions: number, payloadBytes: number): Estimated['qdrant'] {
  const plain: VectorSize = { dimensions, rows: 1, bytesPerNumber: 4, onDisk: false, m: defaultM, quantised: 0, quantisedOnDisk: false };
  const of = (vector: VectorSize): Footprint => footprint(points, [vector], { bytes: payloadBytes, onDisk: true });
  const alone = of(plain);
  return { alone, both: allOf([alone, alone]), int8: of({ ...plain, onDisk: true, quantised: dimensions }) };
}

/** From here on a shortcut is worth a thought, in seconds: a week. */
const long = 7 * 86_400;

function notesOf({ model, limits, takenFor }: ModelFacts, tokensAText: number, { lowSeconds }: TimeRange): string[] {
  const { maxInputTokens: most } = limits;
  return [
    ...(takenFor === null ? [] : [`${model} is taken for ${takenFor}.`]),
    ...(most === null || tokensAText <= most
      ? []
      : [
          `A text has some ${Math.round(tokensAText)} tokens and ${model} reads ${most}: most would be set aside, cut, or be the mean of pieces (onLongText).`,
        ]),
    ...(lowSeconds > long
      ? [`${duration(lowSeconds)} at the least: ask the vendor for a higher limit first, or begin with a learned map.`]
      : []),
  ];
}

function knownFacts(model: string, catalogue: ModelCatalogue): ModelFacts {
  const facts = catalogue.facts(model);
  if (facts === null) throw new Error(`an estimate is of known models: ${model}`);
  return facts;
}

function faultsOf(catalogue: ModelCatalogue, { models, dimensions, language }: EstimateRequest): Issue[] {
  const unknown = languageSamples[language] === undefined;
  return [
    ...(unknown
      ? [
          {
            field: 'language',
            value: language,
            message: `has no sample to count tokens by; there are: ${Object.keys(languageSamples).join(', ')}`,
          },
        ]
      : []),
    ...models.flatMap((model, at) => modelFaults(`models.${at}`, model, dimensions, catalogue)),
  ];
}

function modelFaults(field: string, model: string, dimensions: number | undefined, catalogue: ModelCatalogue): Issue[] {
  const facts = catalogue.facts(model);
  if (facts === null)
    return [
      {
        field,
        value: model,
        message: `is not a known model: ${reembed('models')} lists them, and another goes into reembed.config.yaml; nearest: ${listed(nearest(model, catalogue))}`,
      },
    ];
  const kind = otherKindBlockers(field, model);
  if (kind.length > 0) return kind;
  if (dimensions === undefined)
    return facts.dimensions === null
      ? [{ field: 'dimensions', value: null, message: `is not known of ${model}: say how many dimensions its vectors have` }]
      : [];
  if (facts.dimensions === null || facts.dimensions === dimensions || givesDimensions(facts, dimensions)) return [];
  return [{ field: 'dimensions', value: dimensions, message: `is no size that ${model} gives; it gives ${dimensionList(facts)}` }];
}

/** Of the same provider, else all: a few names for a message. */
function nearest(model: string, catalogue: ModelCatalogue): string[] {
  const provider = model.split('/')[0];
  const same = catalogue.known().filter((name) => name.startsWith(`${provider}/`));
  return (same.length > 0 ? same : catalogue.known()).slice(0, 8);
}
