import type { Plan, Spec } from '@reembed/contracts';
import { count, dollars } from '../domain/amounts.ts';
import { ReembedError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { changeInWords, isRefused, type SpecChange } from '../domain/spec-changes.ts';
import { hasEnded, hasSwitched } from '../domain/transitions.ts';
import { reembed } from '../domain/words.ts';
import { takenOfSample } from '../plan/find-earlier.ts';
import { makePlan, type PlanDeps } from '../plan/make-plan.ts';
import type { EarlierReading } from '../recipes/plan-scene.ts';
import { label } from '../recipes/target-vector.ts';

type Edited = Pick<Migration, 'id' | 'spec' | 'resolved' | 'phase' | 'resumeTo'>;

/**
 * What the target has was made by another spec: every field of `spec` that would give it other contents, by its name, the way to a migration of
 * its own, and what that would keep and what it would pay.
 */
export async function refusal(deps: PlanDeps, migration: Edited, spec: Spec, refused: readonly SpecChange[]): Promise<ReembedError> {
  const { id, phase } = migration;
  const { collection } = migration.spec.target;
  const fields = refused.map((change) => `${changeInWords(change)} (${isRefused(change) ? `it decides ${change.effect.decides}` : ''})`);
  const way = isInPlace(migration.spec)
    ? wayInPlace(migration, spec, refused)
    : `${wayOut(migration)}. ${await keptAndPaid(deps, migration, spec)}`;
  return new ReembedError(
    'wrong-state',
    `"${collection}" belongs to migration ${id} (${phase}), which was submitted with another spec; nothing was changed, because what differs asks for a migration of its own: ` +
      `${fields.join('; ')}. ${way}`,
    { issues: refused.map(({ field, before, after }) => ({ field, value: after, message: `is ${before} in migration ${id}` })) },
  );
}

function wayOut(migration: Edited): string {
  const { id, resolved } = migration;
  if (hasEnded(migration)) return 'Give target.collection another name, and submit that';
  const end = hasSwitched(migration)
    ? `${reembed('complete', id, '--confirm', resolved.source)}, or ${reembed('rollback', id)}`
    : reembed('cancel', id);
  return `First end migration ${id} (${end}), then give target.collection another name, and submit that`;
}

/** In place only what is missing is made: a vector that is to be another one has to go first. */
function wayInPlace({ id, spec: before, resolved }: Edited, spec: Spec, refused: readonly SpecChange[]): string {
  const isChanged = (name: string) => refused.some(({ field }) => field.startsWith(`vectors.${JSON.stringify(name)}`));
  const changed = Object.keys(before.vectors).filter((name) => spec.vectors[name] !== undefined && isChanged(name));
  const added = changed.filter((name) => resolved.addedVectors.includes(name));
  if (changed.length > added.length)
    return `First end migration ${id} (${reembed('cancel', id)}), then give the changed vectors other names, and submit that: the others stay as they are, and are not paid again.`;
  const [first, ...rest] = added;
  const how =
    first === undefined
      ? `${reembed('complete', id)} once it is ready, or ${reembed('cancel', id)}`
      : reembed('cancel', id, '--drop-vectors', first, ...rest);
  return `First end migration ${id} (${how}), then submit it again: the other vectors stay as they are, and are not paid again.`;
}

/** What the target of a migration that was cancelled would spare a new one; one that readers have seen spares it nothing. */
async function keptAndPaid(deps: PlanDeps, migration: Edited, spec: Spec): Promise<string> {
  const { id, resolved } = migration;
  const source = { ...spec.source, collection: resolved.source };
  const { plan, scene } = await makePlan(deps, { ...spec, source }, hasSwitched(migration) ? {} : { cancelled: id });
  return `${keptInWords(scene.earlier, plan)}${paidInWords(plan)}`;
}

function keptInWords(reading: EarlierReading | null, { sampledPoints }: Pick<Plan, 'sampledPoints'>): string {
  if (reading === null) return '';
  return `What "${reading.earlier.collection}" has and is still right is taken from there then, and not paid again: ${takenOfSample(reading, sampledPoints)}. `;
}

function paidInWords({ embeds, source, sampledPoints }: Pick<Plan, 'embeds' | 'source' | 'sampledPoints'>): string {
  const paid = embeds.flatMap(({ vector, model, sampledTexts, keptTexts, totalTokens, priceUsd }) => {
    const texts = Math.round(((sampledTexts - keptTexts) / Math.max(1, sampledPoints)) * source.points);
    return texts === 0
      ? []
      : [`${label(vector)} of about ${count(texts)} texts with ${model} (${count(totalTokens)} tokens, ${dollars(priceUsd)})`];
  });
  return paid.length === 0 ? 'Nothing is embedded then.' : `Embedded then: ${paid.join(', ')}.`;
}
