import { createHash } from 'node:crypto';
import type { EmbedRecipe } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { pointIdToJson } from '../domain/point.ts';
import { embedVectors } from '../domain/recipes-of.ts';
import { vectorToBase64 } from '../domain/vector-base64.ts';
import type { Batch, BatchAnswers, BatchOwner } from '../ports/batches.ts';
import type { RangeRecord } from '../ports/state.ts';
import type { Batched, EmbedContext } from '../recipes/embed-texts.ts';
import type { KnownVectors } from '../recipes/known-vectors.ts';
import { compareWitness } from '../recipes/witness.ts';
import { witnessTexts } from '../recipes/witness-texts.ts';
import { batchTexts, nameOf } from './batch-texts.ts';
import type { RangeContext } from './range-context.ts';

/** Fewer texts than that go by requests: nobody waits a day for the rest of a collection. */
const fewestTexts = 100;
/** A provider with no room is asked again after so long, in ms. */
const fullMs = 900_000;
/** Between two looks at a batch, in ms: a quarter of its age, within these. */
const [leastLookMs, mostLookMs] = [5_000, 300_000];

/** A range with what its batches came to; `texts`, and tokens as they were paid for it, and `end` lets go of them once the range is done. */
export type BatchedRange = {
  readonly context: RangeContext;
  readonly texts: number;
  readonly batchTokens: number;
  readonly end: () => Promise<void>;
};

type Part = { readonly name: string; readonly recipe: EmbedRecipe; readonly embedding: EmbedContext; readonly batched: Batched };

/**
 * Has the texts of a range made by the provider's batch road, where the spec says so. A range whose batch is under way ends with `batch-under-way` and
 * holds nothing meanwhile; once it has ended, its vectors are known ones, found by their texts, and what it left out goes by requests. Throws
 * `provider-refused` where the provider does not take a batch, `over-budget` where it would cost more than it may, and `model-changed` where its vectors
 * are not the model's.
 */
export async function withBatches(context: RangeContext): Promise<BatchedRange> {
  const ended: { part: Part; batch: Batch; answers: BatchAnswers }[] = [];
  const waits: Batch[] = [];
  for (const part of partsOf(context)) {
    const batch = await batchOf(context, part);
    if (batch === null) continue;
    if (batch.state !== 'ended') waits.push(batch);
    else ended.push({ part, batch, answers: await readBatch(context, part, batch) });
  }
  // All of a range's vectors wait side by side.
  if (waits.length > 0) throw underWay(context, waits);
  const embedding = Object.fromEntries(ended.map(({ part, answers }) => [part.name, { ...part.embedding, known: knownBy(part, answers) }]));
  // Whoever goes on after a page that was written has counted them before.
  const paid = context.record.next === null ? ended : [];
  return {
    context: { ...context, recipes: { ...context.recipes, embedding: { ...context.recipes.embedding, ...embedding } } },
    texts: paid.reduce((sum, { answers }) => sum + answers.vectors.size, 0),
    batchTokens: paid.reduce((sum, { answers }) => sum + answers.tokens, 0),
    async end() {
      for (const { part, batch, answers } of ended) {
        // Of one whose files are gone nobody says what it came to.
        if (answers.tokens > 0) await part.batched.budget?.settle({ part: batch.part, tokens: answers.tokens });
        await part.batched.batches.end(batch, context.signal);
      }
    },
  };
}

function partsOf({ migration, recipes }: RangeContext): Part[] {
  return embedVectors(migration.spec).flatMap(({ name, recipe }) => {
    const embedding = recipes.embedding[name];
    return embedding?.batched === undefined ? [] : [{ name, recipe, embedding, batched: embedding.batched }];
  });
}

export function ownerOf({ id, createdAt }: Pick<Migration, 'id' | 'createdAt'>): BatchOwner {
  return { id, since: Date.parse(createdAt) };
}

/** By its bounds: a split that began anew, after Redis was lost, may give the number to other points. */
function partOf(name: string, { start, end }: Pick<RangeRecord, 'start' | 'end'>): string {
  const bounds = [start, end].map((id) => (id === null ? null : pointIdToJson(id)));
  return createHash('sha256')
    .update(JSON.stringify([name, ...bounds]))
    .digest('hex')
    .slice(0, 32);
}

/** The batch of a part, sent if there has to be one; null where its texts go by requests. Throws `provider-refused` and `over-budget`. */
async function batchOf(context: RangeContext, part: Part): Promise<Batch | null> {
  const { migration, record, signal } = context;
  const { batches, budget } = part.batched;
  const owner = ownerOf(migration);
  const turn = String(migration.phaseNumber);
  const all = await batches.list(owner, signal);
  await budget?.note(all.filter(isTaken));
  const ours = all.filter((batch) => batch.part === partOf(part.name, record));
  const taken = ours.find(isTaken);
  if (taken !== undefined) return taken;
  const last = ours.at(-1);
  if (last?.state === 'full' && ageOf(context, last) < fullMs) return last;
  if (last?.state === 'refused' && last.turn === turn) throw refused(part, last);
  const texts = await batchTexts(context, part);
  if (texts.size < fewestTexts) return null;
  const named = new Map([...witnessTexts, ...texts].map((text) => [nameOf(text), text]));
  const order = { part: partOf(part.name, record), turn, tokens: await tokensOf(part, named.values()), texts: named };
  await budget?.reserve(order);
  return batches.send(owner, { ...order, dimensions: part.embedding.dimensions }, signal);
}

async function tokensOf({ embedding: { embedder } }: Part, texts: Iterable<string>): Promise<number> {
  let tokens = 0;
  for (const text of texts) tokens += await embedder.countTokens(text);
  return tokens;
}

function isTaken({ state }: Batch): boolean {
  return state === 'under-way' || state === 'ended';
}

function ageOf({ clock }: RangeContext, { createdAt }: Batch): number {
  return clock.now().getTime() - createdAt;
}

function underWay(context: RangeContext, waits: readonly Batch[]): ReembedError {
  const isFull = waits.some(({ state }) => state === 'full');
  const age = Math.min(...waits.map((batch) => ageOf(context, batch)));
  const retryAfterMs = isFull ? fullMs : Math.min(mostLookMs, Math.max(leastLookMs, age / 4));
  const what = isFull ? 'the provider has no room for another batch' : 'the provider has yet to work through its batch';
  return new ReembedError('batch-under-way', `${what}: ${waits.map(({ id }) => id).join(', ')}`, { retryAfterMs });
}

function refused({ name, recipe }: Part, { id, words }: Batch): ReembedError {
  return new ReembedError(
    'provider-refused',
    `${recipe.model} does not take batch ${id} for vector ${JSON.stringify(name)}: ${words}. Mend it, then resume; or cancel, and submit a spec without embed.batch: what is stored is not paid again`,
  );
}

/** Of a batch without a single witness text nobody knows which model made it: its texts go by requests. */
async function readBatch(context: RangeContext, { embedding, batched }: Part, batch: Batch): Promise<BatchAnswers> {
  const answers = await batched.batches.read(batch, embedding.dimensions, context.signal);
  const shown = witnessTexts.flatMap((text, at) => {
    const vector = answers.vectors.get(nameOf(text));
    const before = batched.expected.vectors[at];
    return vector === undefined || before === undefined ? [] : [{ before, now: vector }];
  });
  const [first] = shown;
  if (first === undefined) return { vectors: new Map(), tokens: answers.tokens };
  const { model, limits } = embedding.embedder;
  const expected = { ...batched.expected, vectors: shown.map(({ before }) => before) };
  const found = { vectors: shown.map(({ now }) => vectorToBase64(now)), dimensions: first.now.length };
  compareWitness(expected, { model, maxInputTokens: limits.maxInputTokens, ...found }, batched.counted);
  return answers;
}

/** A text that was edited since is another one, and is sent. */
function knownBy({ embedding: { known } }: Part, { vectors }: BatchAnswers): KnownVectors {
  return {
    async find(texts) {
      const found = new Map<string, Float32Array>();
      for (const text of texts) {
        const vector = vectors.get(nameOf(text));
        if (vector !== undefined) found.set(text, vector);
      }
      const others = await known?.find(texts.filter((text) => !found.has(text)));
      return new Map([...found, ...(others ?? [])]);
    },
    keep: async (made) => known?.keep(made),
  };
}
