import type { Migration } from '../domain/migration.ts';
import { embedVectors } from '../domain/recipes-of.ts';
import type { CoordinatorDeps } from '../ports/coordinator-deps.ts';
import { ownerOf } from '../ranges/batched-vectors.ts';

/**
 * Has a worker end what the migration has on batch roads, and delete its files there. Nobody waits for it: where no worker runs, the next one does. Called
 * once the fence is closed, or all ranges are done, so that no range sends another.
 */
export async function endBatches({ modelCalls }: Pick<CoordinatorDeps, 'modelCalls'>, migration: Migration): Promise<void> {
  const { id, spec, phaseNumber } = migration;
  const models = new Set(embedVectors(spec).flatMap(({ recipe }) => (recipe.batch === true ? [recipe.model] : [])));
  const owner = ownerOf(migration);
  for (const [at, model] of [...models].entries()) {
    const call = {
      callId: `${id}-batches-${phaseNumber}-${at}`,
      call: 'end-batches',
      model,
      dimensions: null,
      said: spec.models[model],
    } as const;
    await modelCalls.request({ ...call, owner: owner.id, since: owner.since });
  }
}
