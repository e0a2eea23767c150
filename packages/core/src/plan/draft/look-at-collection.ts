import { type Fingerprint, formatPayloadPath, readOrigins } from '@reembed/contracts';
import type { CollectionInfo } from '../../domain/collection-info.ts';
import { ReembedError } from '../../domain/error.ts';
import type { PointText } from '../../domain/point.ts';
import type { Collections, Points } from '../../ports/collections.ts';
import type { ModelCatalogue } from '../../ports/embedder.ts';
import { givesDimensions } from '../../recipes/embed-recipe.ts';
import { isMultivector } from '../../recipes/stored-vector.ts';
import { type EmbedSample, takeFingerprint } from '../advice/take-fingerprint.ts';
import { type Framework, recogniseFramework } from './recognise-framework.ts';

export type LookDeps = {
  readonly collections: Pick<Collections, 'describe' | 'aliases'>;
  readonly points: Pick<Points, 'sample'>;
  readonly catalogue: ModelCatalogue;
  readonly embed: EmbedSample;
};

/** A payload field that holds text: how long in the mean, in how many of the sampled points, and what it looks like. */
export type TextField = { readonly template: string; readonly meanChars: number; readonly share: number; readonly example: string };

/** What a spec for a collection is drafted by. */
export type LookedAt = {
  readonly source: CollectionInfo;
  /** Aliases that point at it. */
  readonly aliases: readonly string[];
  readonly sample: readonly PointText[];
  readonly framework: Framework | null;
  /** The longest first. */
  readonly fields: readonly TextField[];
  /** The dense vector that is embedded anew; null where there is none. */
  readonly vector: string | null;
};

const sampledPoints = 128;
/** Characters of a text that show what it is. */
const exampleChars = 60;

/** Reads a collection, by its name or an alias. Writes nothing. Throws `not-found`, and what Qdrant answers. */
export async function lookAtCollection({ collections, points }: LookDeps, name: string): Promise<LookedAt> {
  const aliases = await collections.aliases();
  const source = await collections.describe(aliases.get(name) ?? name);
  if (source === null) throw new ReembedError('not-found', `there is no collection "${name}", and no alias of that name`);
  const dense = Object.entries(source.vectors).flatMap(([vector, params]) => (isMultivector(params) ? [] : [vector]));
  const sample = await points.sample(source.name, sampledPoints, { vectors: dense });
  return {
    source,
    sample,
    aliases: [...aliases].flatMap(([alias, at]) => (at === source.name ? [alias] : [])).toSorted(),
    framework: recogniseFramework(sample.map(({ payload }) => payload)),
    fields: textFields(sample),
    vector: dense[0] ?? null,
  };
}

/** Texts of at least two words in some point; ids, dates and names of files are none. */
function textFields(sample: readonly PointText[]): TextField[] {
  const found = Map.groupBy(
    sample.flatMap(({ payload }) => textsIn(JSON.parse(payload), [])),
    ({ template }) => template,
  );
  const fields = [...found]
    .map(([template, those]) => ({ template, texts: those.map(({ text }) => text) }))
    .map(({ template, texts }) => ({
      template,
      meanChars: Math.round(texts.reduce((sum, { length }) => sum + length, 0) / texts.length),
      share: texts.length / sample.length,
      example: (texts[0] ?? '').replaceAll(/\s+/g, ' ').slice(0, exampleChars),
    }));
  return fields.toSorted((a, b) => b.meanChars * b.share - a.meanChars * a.share);
}

/** Objects within objects are looked into so far. */
const deepest = 4;

/** The texts of a payload, each with the template that gives it. Lists are left out: which of their entries is meant nobody can tell. */
function textsIn(value: unknown, path: readonly string[]): { readonly template: string; readonly text: string }[] {
  if (typeof value === 'string') return /\S\s+\S/.test(value) ? [{ template: `{{${formatPayloadPath(path)}}}`, text: value }] : [];
  if (typeof value !== 'object' || value === null || Array.isArray(value) || path.length === deepest) return [];
  return Object.entries(value).flatMap(([field, inner]) => textsIn(inner, [...path, field]));
}

/** As many models are asked at most: each costs some texts. */
const mostAsked = 8;

/**
 * Which of these models made the vector of such texts: the one its metadata names, or the first whose embeddings of stored texts are what is
 * stored. Every answer is a fingerprint with its reason; models that give another size, or cannot be asked, are left out.
 */
export async function findOldModel(
  { catalogue, embed }: Pick<LookDeps, 'catalogue' | 'embed'>,
  { source, sample, vector }: Pick<LookedAt, 'source' | 'sample' | 'vector'>,
  text: string,
  models: readonly string[],
): Promise<Fingerprint | null> {
  if (vector === null) return null;
  const size = source.vectors[vector]?.size ?? 0;
  const told = readOrigins(source.metadata)[vector]?.model;
  const fits = [...(told === undefined ? [] : [told]), ...models].filter((model) => {
    const facts = catalogue.facts(model);
    return facts !== null && (facts.dimensions === size || givesDimensions(facts, size));
  });
  let best: Fingerprint | null = null;
  for (const model of [...new Set(fits)].slice(0, mostAsked)) {
    const about = {
      source,
      vector,
      origin: { model, text, dimensions: size },
      templates: [],
      sample,
      texts: { file: null, fault: null },
      catalogue,
    };
    const print = await takeFingerprint(embed, { ...about, asDeclared: true });
    if (print.verdict === 'confirmed') return print;
    if (print.medianCosine !== null && print.medianCosine > (best?.medianCosine ?? -1)) best = print;
  }
  return best;
}
