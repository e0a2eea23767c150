import { isDeepStrictEqual } from 'node:util';
import type { VectorOrigin } from '@reembed/contracts';
import {
  type Clock,
  createOwnBudget,
  type EmbeddedText,
  type Embedder,
  type EmbedKind,
  embedWhole,
  encoderOf,
  fitEmbedding,
  type LearnedMaps,
  type ModelCatalogue,
  modelFor,
  type RateBudget,
  ReembedError,
  shapedText,
} from '@reembed/core';
import { vectorToJson } from '@reembed/qdrant';
import { createKeptEmbeddings } from './kept-embeddings.ts';

/** The name by which an application leaves it to the collection which model embeds its text. */
export const anyModel = 'auto';

/** A text for one vector of a collection. `model`: what whoever wrote it names. */
export type TextToEmbed = {
  readonly vector: string;
  readonly kind: EmbedKind;
  readonly model: string;
  readonly text: string;
  /** As JSON text; null or absent: none. */
  readonly options?: string | null;
};

export type TextVectorsOptions = {
  readonly catalogue: ModelCatalogue;
  readonly clock: Clock;
  /** Of the providers; default: this process asks them alone. */
  readonly budget?: RateBudget | undefined;
  /** Absent: no vector that a learned map made can be asked by its old model. */
  readonly learnedMaps?: LearnedMaps | undefined;
  /** How long embedding may take, waiting for the provider included, in ms. */
  readonly embedTimeoutMs: number;
  /** Embeddings of queries that are kept. */
  readonly keptQueries: number;
};

export type TextVectors = {
  /**
   * A vector for each text, as JSON text, made as the collection says that its own were: `origins` by vector name. Throws `invalid-request`
   * where the text names another model, `unknown-model`, `text-too-long` of a document, and what providers answer.
   */
  make(origins: Readonly<Record<string, VectorOrigin>>, texts: readonly TextToEmbed[]): Promise<string[]>;
  /** The same as numbers, for a dense vector. */
  embed(origin: VectorOrigin, asked: Omit<TextToEmbed, 'text'>, texts: readonly string[]): Promise<Float32Array[]>;
  close(): Promise<void>;
};

export function createTextVectors({
  catalogue,
  clock,
  budget = createOwnBudget(clock),
  learnedMaps,
  embedTimeoutMs,
  keptQueries,
}: TextVectorsOptions): TextVectors {
  const kept = createKeptEmbeddings(keptQueries);
  const embedders = new Map<string, Embedder>();

  const embedderOf = (identity: string, { model, said }: EmbeddedText) => {
    const made = embedders.get(identity) ?? catalogue.saying({ [model]: said }).embedder(model);
    embedders.set(identity, made);
    return made;
  };

  /** Queries are shortened where they are too long, as everywhere; of a document half a vector would be kept in silence. */
  async function ask(encoder: EmbeddedText, kind: EmbedKind, texts: readonly string[]): Promise<Float32Array[]> {
    const embedder = embedderOf(JSON.stringify([encoder.model, encoder.said]), encoder);
    const signal = AbortSignal.timeout(embedTimeoutMs);
    const context = { embedder, dimensions: encoder.dimensions ?? undefined, budget, clock, signal, kind, maxTries: 3 };
    const policy = { model: encoder.model, onLongText: kind === 'query' ? 'truncate' : 'quarantine' } as const;
    const { outcomes } = await embedWhole(context, policy, texts).catch((error: unknown) => {
      throw signal.aborted ? tooSlow(encoder, embedTimeoutMs) : error;
    });
    return outcomes.map((outcome) => {
      if (outcome instanceof ReembedError) throw outcome;
      return outcome;
    });
  }

  async function embedded(encoder: EmbeddedText, kind: EmbedKind, texts: readonly string[]): Promise<Float32Array[]> {
    if (kind !== 'query') return ask(encoder, kind, texts);
    const identity = [encoder.model, encoder.said, encoder.dimensions];
    const keys = texts.map((text) => JSON.stringify([identity, text]));
    return kept.all(keys, (missing) =>
      ask(
        encoder,
        kind,
        missing.map((at) => texts[at] ?? ''),
      ),
    );
  }

  async function fitted(encoder: EmbeddedText, { vector, kind }: Omit<TextToEmbed, 'text'>, texts: readonly string[]) {
    const { map } = encoder;
    if (map !== null && learnedMaps === undefined)
      throw new ReembedError(
        'invalid-config',
        `texts for the vector "${vector}" go through the learned map ${map.adapter}, which is not here`,
      );
    const bring = map === null ? null : ((await learnedMaps?.projection(map.adapter, map.sha256)) ?? null);
    return (await embedded(encoder, kind, texts)).map((found) => {
      const fit = fitEmbedding(encoder, vector, found, bring);
      if ('failed' in fit) throw new ReembedError('model-changed', fit.failed);
      return fit;
    });
  }

  return {
    async make(origins, texts) {
      const made = texts.map((): string => '');
      for (const group of Map.groupBy(texts.keys(), (at) =>
        JSON.stringify([texts[at]?.vector, texts[at]?.kind, texts[at]?.model]),
      ).values()) {
        const [first] = group.flatMap((at) => texts[at] ?? []);
        const origin = first === undefined ? undefined : origins[first.vector];
        if (first === undefined || origin === undefined) throw new Error('a text is for a vector of which nothing is known');
        for (const at of group) checkOptions(origin, first.vector, texts[at]?.options ?? null);
        const encoder = encoderFor(origin, first, catalogue);
        const some = group.map((at) => texts[at]?.text ?? '');
        const vectors =
          encoder.kind === 'written'
            ? some.map(encoder.write)
            : (await fitted(encoder, first, some)).map((vector) => shapedText(vector, encoder, vectorToJson));
        for (const [row, at] of group.entries()) made[at] = vectors[row] ?? '';
      }
      return made;
    },
    async embed(origin, asked, texts) {
      const encoder = encoderFor(origin, asked, catalogue);
      if (encoder.kind === 'embedded' && encoder.shape === 'dense') return fitted(encoder, asked, texts);
      throw new ReembedError(
        'invalid-request',
        `the vector "${asked.vector}" is no dense embedding of a model: ask it with a text in the query itself`,
      );
    },
    close: async () => void (await Promise.all([...embedders.values()].map((made) => made.close()))),
  };
}

function encoderFor(origin: VectorOrigin, { vector, kind, model: named }: Omit<TextToEmbed, 'text'>, catalogue: ModelCatalogue) {
  const wanted = named.toLowerCase() === anyModel ? undefined : named;
  checkModel(origin, vector, wanted);
  const asked = modelFor(origin, kind, wanted);
  if (asked === null)
    throw new ReembedError(
      'invalid-request',
      `vectors "${vector}" were mapped from those of a model that nobody has named: send vectors, or set source.vectors`,
    );
  const encoder = encoderOf(origin, asked, kind, catalogue);
  if (encoder !== null) return encoder;
  throw new ReembedError(
    'unknown-model',
    `${asked.model}, which made the vector "${vector}", is not known here: it goes into reembed.config.yaml`,
  );
}

/** A document is made as all others of its vector were: options that say otherwise are not passed over in silence. */
function checkOptions({ model, options: own }: VectorOrigin, vector: string, options: string | null): void {
  if (options === null || (own !== undefined && isDeepStrictEqual(JSON.parse(options), own))) return;
  throw new ReembedError(
    'invalid-request',
    `the text has the options ${options}, and the vector "${vector}" is made by ${model} as its collection says${own === undefined ? '' : ` (${JSON.stringify(own)})`}: leave options out`,
  );
}

function checkModel({ model, projected }: VectorOrigin, vector: string, wanted: string | undefined): void {
  const known = [model, ...(projected?.from ? [projected.from] : [])];
  if (wanted === undefined || known.some((name) => name.toLowerCase() === wanted.toLowerCase())) return;
  throw new ReembedError(
    'invalid-request',
    `the text names the model ${wanted}, and ${known.join(' or ')} made the vector "${vector}": name that, or "${anyModel}", which goes on when the model changes`,
  );
}

function tooSlow({ model }: EmbeddedText, ms: number): ReembedError {
  return new ReembedError('provider-timeout', `${model} gave no vector within ${ms} ms`);
}
