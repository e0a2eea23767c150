import type { EmbedRecipe, Spec } from '@reembed/contracts';
import { ReembedError } from '../error.ts';
import type { PointText } from '../ports/collections.ts';
import type { SetAsideEntry } from '../ports/state.ts';
import type { EmbedContext } from './embed-texts.ts';
import { embedWhole } from './embed-whole.ts';
import { payloadHash } from './payload-hash.ts';
import { renderText } from './render-text.ts';
import { embedVectors, keptVectors } from './target-vectors.ts';

export type RecipeContext = {
  readonly spec: Spec;
  /** By target vector name, for every embed recipe. */
  readonly embedding: Readonly<Record<string, EmbedContext>>;
  /** f32 values as the JSON array Qdrant reads, exact. */
  readonly encodeVector: (vector: Float32Array) => string;
  /** The text of a vector that an earlier embedding of the very same text made; null where it has to be made. */
  readonly reuse?: (point: PointText, vector: string) => string | null;
};

export type MappedPage = {
  /** Points of the target, ready to write, in the order of the source. */
  readonly points: readonly PointText[];
  readonly setAside: readonly SetAsideEntry[];
  /** Texts sent and tokens paid for this page. */
  readonly texts: number;
  readonly tokens: number;
};

/** One text of one point on its way through an embed recipe. */
type Wanted = { readonly point: PointText; readonly text: string };

/**
 * Maps a page of source points to points of the target: same ids, same payload text, one vector per recipe. A point whose text cannot be
 * embedded is set aside whole. Throws `text-missing` where the spec says `onMissingText: fail`, and what embedTexts throws.
 */
export async function applyRecipes(context: RecipeContext, page: readonly PointText[]): Promise<MappedPage> {
  const vectors = new Map(page.map((point) => [point, keep(context.spec, point)]));
  const setAside = new Map<PointText, SetAsideEntry>();
  const reused = (point: PointText, name: string) => {
    const text = context.reuse?.(point, name) ?? null;
    if (text !== null) Object.assign(vectors.get(point) ?? {}, { [name]: text });
    return text !== null;
  };
  let texts = 0;
  let tokens = 0;
  for (const { name, recipe } of embedVectors(context.spec)) {
    const embedding = context.embedding[name];
    if (embedding === undefined) throw new Error(`no embedder was prepared for vector "${name}"`);
    const refuse = (point: PointText, code: string, reason: string) => setAside.set(point, entry(point, name, code, reason));
    const wanted = page
      .filter((point) => !setAside.has(point) && !reused(point, name))
      .flatMap((point) => wantedText(point, recipe, refuse));
    const made = await embedAll(embedding, recipe, wanted, refuse);
    for (const [point, vector] of made.vectors) Object.assign(vectors.get(point) ?? {}, { [name]: context.encodeVector(vector) });
    texts += made.texts;
    tokens += made.tokens;
  }
  const points = page
    .filter((point) => !setAside.has(point))
    .map((point) => ({ id: point.id, payload: point.payload, vectors: vectors.get(point) ?? {} }));
  return { points, setAside: [...setAside.values()], texts, tokens };
}

function keep(spec: Spec, point: PointText): Record<string, string> {
  const kept = keptVectors(spec).flatMap(({ name, from }) => {
    const text = point.vectors[from];
    return text === undefined ? [] : [[name, text] as const];
  });
  return Object.fromEntries(kept);
}

type Refuse = (point: PointText, code: string, reason: string) => void;

function wantedText(point: PointText, recipe: EmbedRecipe, refuse: Refuse): Wanted[] {
  const text = renderText(recipe.text, point.payload);
  if (text !== null) return [{ point, text }];
  const problem = `point ${point.id.id} has no text: no field of ${JSON.stringify(recipe.text)} has a value in its payload; set text or onMissingText`;
  if (recipe.onMissingText === 'fail') throw new ReembedError('text-missing', problem);
  if (recipe.onMissingText === 'quarantine') refuse(point, 'text-missing', problem);
  return [];
}

async function embedAll(context: EmbedContext, recipe: EmbedRecipe, wanted: readonly Wanted[], refuse: Refuse) {
  const vectors = new Map<PointText, Float32Array>();
  const made = await embedWhole(
    context,
    recipe,
    wanted.map(({ text }) => text),
  );
  for (const [at, { point }] of wanted.entries()) {
    const outcome = made.outcomes[at];
    if (outcome instanceof ReembedError) refuse(point, outcome.code, `point ${point.id.id}: ${outcome.message}`);
    else if (outcome !== undefined) vectors.set(point, outcome);
  }
  return { vectors, texts: made.texts, tokens: made.tokens };
}

/** The record of a point that could not be embedded; the hash tells whether its payload has changed since. */
function entry(point: PointText, vector: string, code: string, reason: string): SetAsideEntry {
  return { id: point.id, vector, code, reason, payloadHash: payloadHash(point.payload) };
}
