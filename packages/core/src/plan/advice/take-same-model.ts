import type { SameModel, VectorOrigin } from '@reembed/contracts';
import { embedVectors } from '../../domain/recipes-of.ts';
import { sameVectorCosine } from '../../domain/vector-spaces.ts';
import type { PlanScene } from '../../recipes/plan-scene.ts';
import { targetVectors } from '../../recipes/target-vectors.ts';
import { replaced } from '../carried-settings.ts';
import { exactCosine } from './judge-fingerprint.ts';
import { type EmbedSample, type FingerprintFacts, takeFingerprint } from './take-fingerprint.ts';

/** What is known of a source vector that may be of the wanted model under another name. */
type Known = Pick<FingerprintFacts, 'source' | 'sample' | 'texts' | 'catalogue'> & {
  readonly origin: VectorOrigin | undefined;
  /** 1 - median cosine of the declared model with its own vectors: what rounding and the server's noise make of one and the same; null: not measured. */
  readonly noise: number | null;
};

/**
 * Where a spec wants a model by another name than made the stored vectors, of as many dimensions: has that very model embed some of the stored texts
 * and compares. One that another server offers under its own name gives the same vectors, and nothing has to be embedded.
 */
export async function takeSameModels(
  embed: EmbedSample,
  { spec, around: { source } }: Pick<PlanScene, 'spec' | 'around'>,
  known: (vector: string) => Known | null,
): Promise<SameModel[]> {
  const found: SameModel[] = [];
  const wanted = new Map(embedVectors(spec).map(({ name, recipe }) => [name, recipe]));
  for (const target of targetVectors(spec)) {
    const recipe = wanted.get(target.name);
    if (recipe === undefined) continue;
    const { model, text, dimensions } = recipe;
    const from = source === null ? null : replaced(target, spec, source);
    if (from !== null) {
      const about = known(from);
      const size = about?.source.vectors[from]?.size;
      const gives = dimensions ?? about?.catalogue.facts(model)?.dimensions ?? size;
      if (about === null || size === undefined || about.origin === undefined || about.origin.model === model || gives !== size) continue;
      const said = spec.models[model];
      const origin = { model, text, dimensions: size, ...(said && { said }) };
      const print = await takeFingerprint(embed, { ...about, vector: from, origin, templates: [], asDeclared: true });
      if (print.medianCosine !== null)
        found.push(
          judge({ vector: target.name, from, model, old: about.origin.model }, print.medianCosine, print.sampledTexts, about.noise),
        );
    }
  }
  return found;
}

type Names = { readonly vector: string; readonly from: string; readonly model: string; readonly old: string };

/**
 * Agreement within noise is the same model; near agreement is said in numbers and decides nothing. A declared model that hardly agrees with its own
 * vectors makes no other one the same: from `sameVectorCosine` down two models may be as near.
 */
export function judge({ vector, from, model, old }: Names, medianCosine: number, sampledTexts: number, noise: number | null): SameModel {
  const allowed = Math.min(1 - sameVectorCosine, Math.max(1 - exactCosine, 4 * (noise ?? 0)));
  const verdict = 1 - medianCosine <= allowed ? 'same' : medianCosine >= sameVectorCosine ? 'near' : 'other';
  const seen = `${sampledTexts} stored texts of "${from}", embedded by ${model}: median cosine ${medianCosine.toFixed(5)} with what is stored`;
  const says = {
    same: `${seen}, within the noise (${allowed.toFixed(5)}): it is what ${old} made them by another name. Nothing has to be embedded: change the name of the model where queries are embedded, and in source.vectors.`,
    near: `${seen}: near to the vectors of ${old}, as another build or precision of one model is, and not the same (noise ${allowed.toFixed(5)}). Whether queries of one do for the other, a trial with the old vectors kept shows.`,
    other: `${seen}: another model than ${old}.`,
  }[verdict];
  return { vector, from, model, verdict, medianCosine, sampledTexts, says };
}
