import type { Advice, Issue, Plan, Spec } from '@reembed/contracts';
import { bytes, count, dollars, duration } from '../../domain/amounts.ts';
import { isInPlace, isMadeByQdrant, matchRecipe } from '../../domain/recipes-of.ts';
import { listed } from '../../domain/words.ts';
import type { PlanScene } from '../../recipes/plan-scene.ts';
import { label } from '../../recipes/target-vector.ts';
import { addedVectors } from '../../recipes/target-vectors.ts';
import type { PlanFacts } from '../make-plan.ts';
import { queriesStay } from '../old-queries.ts';
import { queryFacts, sceneQueries } from '../query-change.ts';

/** What has been found out after the plan was made: blockers and reminders that follow from advice. */
export type Findings = { readonly blockers: readonly Issue[]; readonly reminders: readonly string[] };

/** A plan with its verdict, and its three sentences: what is made, what it takes, what remains to be done by a person. */
export function conclude(scene: PlanScene, facts: PlanFacts, advice: Advice | undefined, findings: Findings): Plan {
  const blockers = [...facts.blockers, ...findings.blockers];
  const { source } = scene.around;
  const from = source?.name ?? scene.spec.source.collection;
  const what = isInPlace(scene.spec) ? `filling "${from}"` : `moving "${from}" to "${scene.spec.target.collection}"`;
  return {
    verdict: {
      ready: blockers.length === 0,
      says:
        blockers.length === 0
          ? `Ready: nothing stands in the way of ${what}.`
          : `Not ready: ${blockers.length} ${blockers.length === 1 ? 'thing stands' : 'things stand'} in the way of ${what}.`,
    },
    summary: source === null ? [] : [made(scene), takes(scene, facts, advice), yours(scene)],
    ...facts,
    blockers,
    reminders: [...facts.reminders, ...findings.reminders],
    ...(advice === undefined ? {} : { advice }),
  };
}

function made({ spec, points, around: { source } }: PlanScene): string {
  const vectors = (isInPlace(spec) ? addedVectors(spec).map(({ name }) => name) : Object.keys(spec.vectors)).map((name) =>
    wayOf(name, spec),
  );
  const list = vectors.length < 2 ? vectors.join('') : `${vectors.slice(0, -1).join(', ')} and ${vectors.at(-1)}`;
  const of = `${count(points)} ${points === 1 ? 'point' : 'points'}`;
  return isInPlace(spec)
    ? `"${source?.name}" gets ${list} for its ${of}.`
    : `"${spec.target.collection}" is made of ${of} of "${source?.name}", with ${list}.`;
}

function wayOf(name: string, { vectors }: Spec): string {
  const vector = vectors[name];
  if (vector === undefined) throw new Error(`the spec has no vector "${name}"`);
  const way = matchRecipe(vector, {
    embed: ({ model }) => `by ${model}`,
    keep: (from) => (from === name ? 'as it is' : `as ${label(from)} is`),
    truncate: ({ vector: from, dimensions }) => `cut from ${label(from)} to ${dimensions} dimensions`,
    bm25: () => 'of words',
    project: ({ vector: from }) => `mapped from ${label(from)}`,
    sparse: ({ model }) => `as sparse vectors by ${model}`,
    multivector: ({ model }) => `as rows by ${model}`,
  });
  return `${label(name)} ${way}`;
}

function takes({ spec }: PlanScene, { embeds }: PlanFacts, advice: Advice | undefined): string {
  const served = servedModels(spec);
  const tokens = embeds.reduce((sum, { totalTokens }) => sum + totalTokens, 0);
  const price = embeds.reduce<number | null>((sum, { priceUsd }) => (sum === null || priceUsd === null ? null : sum + priceUsd), 0);
  const paid =
    embeds.length === 0
      ? nothingCounted(served)
      : price === null
        ? `What it costs is not known (about ${count(tokens)} tokens)`
        : `It costs ${dollars(price)} for about ${count(tokens)} tokens${served.length === 0 ? '' : `, besides what ${listed(served)} takes`}`;
  const chosen = advice?.options.filter((option) => option.chosen && option.possible) ?? [];
  if (chosen.length === 0) return `${paid}; how long it takes cannot be told.`;
  const [low, high] = [chosen.map(({ time }) => time.lowSeconds), chosen.map(({ time }) => time.highSeconds)];
  const least = duration(Math.max(...low));
  const most = high.includes(null) || served.length > 0 ? null : duration(Math.max(...high.map((seconds) => seconds ?? 0)));
  const time = most === null ? `at least ${least}` : most === least ? least : `${least} to ${most}`;
  return `${paid}, takes ${time}, and Qdrant holds about ${bytes(Math.max(...chosen.map(({ diskBytes }) => diskBytes)))} on disk meanwhile.`;
}

function nothingCounted(served: readonly string[]): string {
  return served.length === 0 ? 'No model is called' : `Every text goes to ${listed(served)}, at a price that is not known here`;
}

/** Models whose tokens and speed nobody here knows: Qdrant asks them, or they make words or rows. */
function servedModels({ vectors }: Spec): string[] {
  const models = Object.values(vectors).flatMap((vector) => {
    const { embed, sparse, multivector } = vector;
    return isMadeByQdrant(vector) || embed === undefined ? ((embed ?? sparse ?? multivector)?.model ?? []) : [];
  });
  return [...new Set(models)];
}

function yours(scene: PlanScene): string {
  const { spec } = scene;
  const { alias, collection } = spec.target;
  if (isInPlace(spec))
    return 'Yours: have applications ask the new vector and bring it along when they write, then complete the migration.';
  const stay = queriesStay(queryFacts(sceneQueries(scene)));
  const queries = stay ? 'queries go on as they are' : 'queries change in the same moment';
  const switching =
    alias === null
      ? `point readers at "${collection}" once it is ready`
      : spec.switch.mode === 'auto'
        ? `be ready for the switch, which comes by itself (${queries})`
        : `say when to switch (${queries})`;
  return `Yours: ${switching}, and say when the old collection may go.`;
}
