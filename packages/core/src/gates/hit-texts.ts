import type { PointId, QualityGate } from '@reembed/contracts';
import { isReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { byId } from '../domain/point-id-set.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { readsTextsElsewhere, withTextsOnce } from '../recipes/point-texts.ts';
import { textOf } from '../recipes/render-text.ts';
import { hitReading, shownText } from './search-sides.ts';

type TextDeps = Pick<CoordinatorDeps, 'points' | 'textSources'>;

/** Points with what `source.textFrom` has for them, for people to read: nothing is measured again where it cannot be had. */
export async function textsToShow(
  { textSources }: Pick<TextDeps, 'textSources'>,
  migration: Pick<Migration, 'spec' | 'resolved'>,
  points: readonly PointText[],
): Promise<{ readonly points: readonly PointText[] } | { readonly failed: string }> {
  try {
    return { points: await withTextsOnce(textSources, migration, points) };
  } catch (error) {
    if (isReembedError(error)) return { failed: `${error.message} [${error.code}]` };
    throw error;
  }
}

/** A hit, or what is shown of it. */
type Shown = { readonly id: PointId; readonly text: string };

/**
 * A search brings payloads only: where texts are elsewhere, those of these hits are read from there, for both sides by the source's points.
 * `of` gives a hit its text; or why they could not be read.
 */
export async function readHitTexts(
  deps: TextDeps,
  migration: Pick<Migration, 'spec' | 'resolved' | 'origins'>,
  hits: readonly Shown[],
): Promise<{ of<Hit extends Shown>(hit: Hit): Hit } | { readonly failed: string }> {
  const { template } = hitReading(migration);
  if (template === null || hits.length === 0 || !readsTextsElsewhere(migration.spec)) return { of: (hit) => hit };
  const ids = byId(hits)
    .values()
    .map(({ id }) => id);
  const found = await deps.points.retrieve(migration.resolved.source, { ids, payload: true, vectors: [] });
  const read = await textsToShow(deps, migration, found);
  if ('failed' in read) return read;
  const texts = byId(read.points.map((point) => ({ id: point.id, text: shownText(textOf(template, point) ?? '') })));
  return { of: (hit) => ({ ...hit, text: texts.get(hit.id)?.text ?? hit.text }) };
}

/** The gate with the texts of the hits that its report shows. */
export async function withTextsOfHits(deps: TextDeps, migration: Migration, gate: QualityGate): Promise<QualityGate> {
  const queries = [...gate.lost, ...gate.won, ...gate.changed];
  const texts = await readHitTexts(
    deps,
    migration,
    queries.flatMap((query) => [...query.old, ...query.new]),
  );
  if ('failed' in texts)
    return { ...gate, reasons: [...gate.reasons, `the hits are shown without what source.textFrom has for them: ${texts.failed}`] };
  const read = (shown: QualityGate['lost']) =>
    shown.map((query) => ({ ...query, old: query.old.map(texts.of), new: query.new.map(texts.of) }));
  return { ...gate, lost: read(gate.lost), won: read(gate.won), changed: read(gate.changed) };
}
