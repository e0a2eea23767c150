import type { Migration } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { sourceFilter } from '../domain/source-points.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import type { GateDraw } from '../ports/fleet.ts';
import { chooseKnownItems } from '../quality/known-items.ts';
import { withTextsOnce } from '../recipes/point-texts.ts';
import { fieldText } from '../recipes/render-text.ts';

/** Points whose stored vectors are searched for, to see how much an index finds. */
export const probedPoints = 50;

type DrawDeps = Pick<CoordinatorDeps, 'points' | 'gates' | 'textSources'>;

/** The points this measurement looks at: drawn once, so that one which begins again after a crash measures the same. */
export async function drawPoints({ points, gates, textSources }: DrawDeps, migration: Migration, at: string): Promise<GateDraw> {
  const { id, spec, resolved } = migration;
  const drawn = await gates.draw(id);
  if (drawn?.at === at) return drawn;
  const { sampledPoints, knownItems, documentField } = spec.gates;
  const options = { filter: sourceFilter(spec) };
  const sample = await points.sample(resolved.source, Math.max(sampledPoints, probedPoints), options);
  // Twice as many as wanted: some have no text, and some a text that others have too.
  const forItems = knownItems === null ? [] : await points.sample(resolved.source, knownItems.points * 2, options);
  const named = (await withTextsOnce(textSources, migration, forItems)).map((point) => ({
    ...point,
    document: documentOf(point, documentField),
  }));
  const draw: GateDraw = {
    at,
    points: sample.map((point) => point.id),
    knownItems: knownItems === null ? [] : chooseKnownItems(named, knownItems.text, knownItems.points),
  };
  await gates.saveDraw(id, draw);
  return draw;
}

/** What judgements call a point: the payload field that `gates.documentField` names, or its id. */
export function documentOf({ id, payload }: Pick<PointText, 'id' | 'payload'>, field: string | null): string {
  return field === null ? id.id : fieldText(payload, field);
}
