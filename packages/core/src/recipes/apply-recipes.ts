import type { PointText, WrittenPoint, WrittenVector } from '../domain/point.ts';
import { byId, type PointIdMap } from '../domain/point-id-set.ts';
import { type SetAsideEntry, setAsideEntry } from '../domain/set-aside.ts';
import { withTexts } from './point-texts.ts';
import { targetPayloads } from './target-payload.ts';
import type { RecipeContext, TargetVector } from './target-vector.ts';
import { targetVectors } from './target-vectors.ts';

export type MappedPage = {
  /** Points of the target, ready to write, in the order of the source. */
  readonly points: readonly WrittenPoint[];
  readonly setAside: readonly SetAsideEntry[];
  /** What they were made from, with their texts. */
  readonly sources: PointIdMap<PointText>;
  /** Texts sent and tokens paid for this page. */
  readonly texts: number;
  readonly tokens: number;
  /** Vectors of models that `reuse` gave. */
  readonly kept: number;
};

/** The stored vector of a source point where it is known to be what the recipe would make now; null: it is made. */
export type Reuse = (vector: TargetVector, source: PointText) => string | null;

/** Takes what the target itself has for these points, as far as it is still right. */
export function reuseStored({ spec }: Pick<RecipeContext, 'spec'>, stored: readonly PointText[]): Reuse {
  const targets = byId(stored);
  const payloads = targetPayloads(spec);
  return (vector, source) => {
    const target = targets.get(source.id);
    return target === undefined ? null : vector.reuse({ source, target }, payloads);
  };
}

/**
 * Maps a page of source points to points of the target: same ids, the mapped payload, one vector per recipe. A point that one of its
 * vectors cannot be made for, or whose payload would have a field twice, is set aside whole. Throws `text-missing` where the spec says `onMissingText: fail`, and what embedTexts throws.
 */
export async function applyRecipes(context: RecipeContext, page: readonly PointText[], reuse: Reuse = () => null): Promise<MappedPage> {
  const payloads = targetPayloads(context.spec);
  const setAside: SetAsideEntry[] = [];
  const mapped = new Map<PointText, { payload: string; vectors: Record<string, WrittenVector> }>();
  const read = await withTexts(context, page);
  for (const point of read) {
    const made = payloads.of(point);
    if ('payload' in made) mapped.set(point, { payload: made.payload, vectors: {} });
    else setAside.push(twiceNamed(point, made.conflict));
  }
  let texts = 0;
  let tokens = 0;
  let kept = 0;
  for (const vector of targetVectors(context.spec)) {
    const put = (point: PointText, made: WrittenVector) => Object.assign(mapped.get(point)?.vectors ?? {}, { [vector.name]: made });
    const wanted = [...mapped.keys()].filter((point) => {
      const reused = reuse(vector, point);
      if (reused !== null) put(point, reused);
      return reused === null;
    });
    if (vector.paid) kept += mapped.size - wanted.length;
    const made = await vector.make(context, wanted);
    for (const [point, one] of made.vectors) put(point, one);
    for (const [point, entry] of made.setAside) {
      setAside.push(entry);
      mapped.delete(point);
    }
    texts += made.texts;
    tokens += made.tokens;
  }
  const points = [...mapped].map(([{ id }, { payload, vectors }]) => ({ id, payload, vectors }));
  return { points, setAside, sources: byId(read), texts, tokens, kept };
}

function twiceNamed(point: PointText, field: string): SetAsideEntry {
  const reason = `point ${point.id.id} would have the payload field "${field}" twice: choose another name in target.payload.rename or sync.hashField, or exclude the field that is there`;
  return setAsideEntry(point, '', 'payload-conflict', reason);
}
