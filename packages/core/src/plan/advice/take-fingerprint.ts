import { type Fingerprint, formatPayloadPath, type VectorOrigin } from '@reembed/contracts';
import type { CollectionInfo } from '../../domain/collection-info.ts';
import { isReembedError } from '../../domain/error.ts';
import type { PointText } from '../../domain/point.ts';
import { cosine } from '../../domain/vector-base64.ts';
import type { EmbedKind, ModelCatalogue } from '../../ports/embedder.ts';
import { givesDimensions } from '../../recipes/embed-recipe.ts';
import type { AskedEmbedding } from '../../recipes/model-calls.ts';
import type { TextReading } from '../../recipes/plan-scene.ts';
import { partText, textOf } from '../../recipes/render-text.ts';
import { isMultivector, readRows } from '../../recipes/stored-vector.ts';
import { type Attempt, agrees, isExact, judgeFingerprint } from './judge-fingerprint.ts';

/** Texts embedded for one attempt. */
const sampledTexts = 20;
/** Other payload fields tried, one by one, where the declared template does not give the stored vectors. */
const otherFields = 4;

export type SampleToEmbed = {
  readonly model: string;
  readonly said: VectorOrigin['said'];
  readonly dimensions: number | null;
  readonly kind: EmbedKind;
  readonly texts: readonly string[];
  /** What is longer than the model reads is refused, and not shortened. */
  readonly isWhole?: true;
};

/** Embeds a few texts, wherever a key is: in this process, or by a worker. Throws ReembedError where nobody can. */
export type EmbedSample = (wanted: SampleToEmbed) => Promise<readonly AskedEmbedding[]>;

export type FingerprintFacts = {
  readonly source: CollectionInfo;
  readonly vector: string;
  readonly origin: VectorOrigin | undefined;
  /** Templates of the target: what is wanted now is often what was done before. */
  readonly templates: readonly string[];
  /** With payload and this vector. */
  readonly sample: readonly PointText[];
  readonly texts: TextReading;
  readonly catalogue: ModelCatalogue;
  /** Whether other prefixes and fields are left out, because nothing has to be explained. */
  readonly asDeclared?: true;
};

/** Why there is no fingerprint. */
type NotMade = { readonly notMade: string };

/** Embeds some stored texts again and compares: is it this model, template and prefix? What hinders that is said. */
export async function takeFingerprint(embed: EmbedSample, facts: FingerprintFacts): Promise<Fingerprint> {
  const found = await tryFingerprint<never>(embed, facts).catch((error: unknown): NotMade => {
    if (isReembedError(error)) return { notMade: error.message };
    throw error;
  });
  return 'notMade' in found ? withoutTexts(facts, 'not-made', `was not fingerprinted: ${found.notMade}`) : found;
}

/** The same. Throws what `embed` throws; null where that does not answer yet. */
export async function tryFingerprint<Later extends null>(
  embed: (wanted: SampleToEmbed) => Promise<readonly AskedEmbedding[] | Later>,
  about: FingerprintFacts,
): Promise<Fingerprint | NotMade | Later> {
  const { vector, origin, source } = about;
  const facts = origin === undefined ? about : { ...about, catalogue: about.catalogue.saying({ [origin.model]: origin.said }) };
  const known = impediment(facts);
  if (known !== null) return 'refuted' in known ? withoutTexts(facts, 'refuted', known.refuted) : known;
  if (origin === undefined) throw new Error('what is not declared has no fingerprint');
  const size = source.vectors[vector]?.size ?? 0;
  const attempt = async (how: Attempt['how'], kind: EmbedKind, text: string): Promise<Attempt | Later> => {
    const pairs = pairsOf(facts, text);
    const asked = {
      model: origin.model,
      said: origin.said,
      dimensions: askFor(facts.catalogue, origin.model, size),
      kind,
      texts: pairs.map((pair) => pair.text),
    };
    const made = pairs.length === 0 ? [] : await embed(asked);
    if (made === null) return made;
    const cosines = pairs.flatMap(({ stored }, at) => {
      const one = made[at];
      return one !== undefined && 'vector' in one ? [cosine(stored, one.vector)] : [];
    });
    return { how, text, cosines };
  };
  const declared = await attempt('declared', 'document', origin.text);
  if (declared === null) return declared;
  if (declared.cosines.length === 0)
    return { notMade: `no sampled point has both this vector and a text of ${JSON.stringify(origin.text)}` };
  const attempts: [Attempt, ...Attempt[]] = [declared];
  for (const [how, kind, text] of about.asDeclared ? [] : alternatives(facts, origin, agrees(declared))) {
    if (attempts.some(isExact)) break;
    const other = await attempt(how, kind, text);
    if (other === null) return other;
    attempts.push(other);
  }
  return judgeFingerprint({ vector, model: origin.model, text: origin.text, dimensions: size }, attempts);
}

/** A fingerprint for which nothing was embedded. */
function withoutTexts({ vector, origin }: FingerprintFacts, verdict: 'refuted' | 'not-made', says: string): Fingerprint {
  return { vector, model: origin?.model ?? null, verdict, explainedBy: null, sampledTexts: 0, medianCosine: null, below: 0, says };
}

/**
 * Whether the declared model did not make the vector, or not of that text: then queries for it would be wrong. That a prefix was another one is
 * said, and no declaration can mend it.
 */
export function refutesModel({ verdict, explainedBy }: Fingerprint): boolean {
  return verdict === 'refuted' && (explainedBy === null || explainedBy === 'other-text');
}

/** What can be said, or not, without embedding anything. */
function impediment({ source, vector, origin, catalogue, sample, texts }: FingerprintFacts): NotMade | { refuted: string } | null {
  const params = source.vectors[vector];
  if (origin === undefined) return { notMade: 'what made it is not declared; say so in source.vectors, and it is checked' };
  const { model } = origin;
  const record = catalogue.record(model);
  if (record?.retired) return { notMade: `${model} was retired on ${record.retired} and embeds nothing more` };
  const facts = catalogue.facts(model);
  if (facts === null) return { notMade: `nothing is known of ${model}; give it an entry in reembed.config.yaml` };
  if (params === undefined || isMultivector(params)) return { notMade: 'a multivector' };
  if (['uint8', 'turbo4'].includes(String(params.datatype))) return { notMade: `kept as ${params.datatype}, which changes the numbers` };
  if (facts.dimensions !== null && facts.dimensions !== params.size && !givesDimensions(facts, params.size))
    return {
      refuted: `has ${params.size} dimensions, and ${model} gives ${facts.dimensions}: it is not what made this vector. Mend source.vectors.`,
    };
  if (texts.fault !== null) return { notMade: `${texts.fault.message}` };
  return sample.length === 0 ? { notMade: 'there are no points' } : null;
}

/** Null: the model's own size, which is not asked for by number. */
function askFor(catalogue: ModelCatalogue, model: string, size: number): number | null {
  return catalogue.facts(model)?.dimensions === size ? null : size;
}

function pairsOf({ sample, vector }: FingerprintFacts, template: string): { text: string; stored: Float32Array }[] {
  const pairs = sample.flatMap((point) => {
    const text = textOf(template, point);
    const stored = point.vectors[vector];
    return text === null || stored === undefined ? [] : [{ text, stored: readRows(stored).rows[0] ?? new Float32Array() }];
  });
  return pairs.slice(0, sampledTexts);
}

/** Where the declared text agrees, only its prefix can still be another. */
function alternatives(
  { sample, catalogue, templates }: FingerprintFacts,
  origin: VectorOrigin,
  textAgrees: boolean,
): [Attempt['how'], EmbedKind, string][] {
  const { documentPrefix = '', queryPrefix = '' } = catalogue.facts(origin.model) ?? {};
  const others = new Set(textAgrees ? [] : [...templates, ...singleFields(sample).slice(0, otherFields)]);
  others.delete(origin.text);
  return [
    ...(queryPrefix === documentPrefix ? [] : [['query-prefix', 'query', origin.text] satisfies [Attempt['how'], EmbedKind, string]]),
    ...(documentPrefix === '' || queryPrefix === ''
      ? []
      : [['no-prefix', 'plain', origin.text] satisfies [Attempt['how'], EmbedKind, string]]),
    ...[...others].map((text): [Attempt['how'], EmbedKind, string] => ['other-text', 'document', text]),
  ];
}

/** Each longer text of a point on its own, the longest first. */
function singleFields(sample: readonly PointText[]): string[] {
  const lengths = new Map<string, number>();
  for (const { payload, elsewhere } of sample)
    for (const [field, value] of Object.entries({ ...JSON.parse(payload), ...JSON.parse(elsewhere ?? '{}') }))
      if (typeof value === 'string')
        lengths.set(field, (lengths.get(field) ?? 0) + partText({ steps: [field], llamaIndex: false }, payload, elsewhere).length);
  return [...lengths].toSorted((a, b) => b[1] - a[1]).map(([field]) => `{{${formatPayloadPath([field])}}}`);
}
