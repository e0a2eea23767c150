import { type EmbedRecipe, type Issue, isSecretName } from '@reembed/contracts';
import type { PointText } from '../domain/point.ts';
import type { PlanScene } from './plan-scene.ts';
import type { MadeVectors } from './target-vector.ts';
import { wantedTexts } from './text-recipe.ts';

type ServerModel = Pick<EmbedRecipe, 'model' | 'options'>;

/** What goes into an upsert or a query instead of a vector, as JSON: Qdrant has it made by the model. */
function serverDocument(text: string, { model, options }: ServerModel): string {
  return JSON.stringify({ text, model, options });
}

/** A document for the text of every point that has one: what of a vector is made here where Qdrant makes it. Tokens are the server's to count. */
export function serverDocuments(
  name: string,
  recipe: ServerModel & Pick<EmbedRecipe, 'text' | 'onMissingText'>,
  points: readonly PointText[],
): MadeVectors {
  const { wanted, setAside } = wantedTexts(name, recipe, points);
  const vectors = new Map(wanted.map(({ point, text }) => [point, serverDocument(text, recipe)] as const));
  return { vectors, setAside, texts: wanted.length, tokens: 0 };
}

/** A server without any inference answers every write with an error 500, which looks like one that will pass. */
const noService = /inference.*not (initialized|configured)/i;

/** The server's words where it makes no vectors at all; null: it may. */
export function withoutService(model: string, { inferenceRefusals: { [model]: refusal } }: PlanScene): string | null {
  return refusal !== undefined && noService.test(refusal) ? refusal : null;
}

export function secretBlockers(path: string, options: ServerModel['options']): Issue[] {
  const secret = Object.keys(options).find(isSecretName);
  if (secret === undefined) return [];
  const message = 'a key does not belong into a spec: name its variable under inference.headers in reembed.config.yaml';
  return [{ field: `${path}.options`, value: secret, message }];
}

export function serverWarnings(model: string, { around, inferenceRefusals: { [model]: refusal } }: PlanScene): string[] {
  return [
    ...(refusal === undefined
      ? []
      : [
          `Asked for one vector by ${model}, without the keys that workers send along, Qdrant refused: ${refusal}. Try it on a few points first.`,
        ]),
    `Qdrant ${around.serverVersion} embeds with ${model} itself: what that costs, how long a text may be and whether the model changes behind its name cannot be seen from here. So no trial and no earlier migration spares any of it: every run has all of these vectors made again.`,
    'On Qdrant Cloud, inference that is switched on for a cluster which is there already restarts it, and it runs in the EU or the US by the region of the cluster: see before you start whether texts may go there.',
  ];
}
