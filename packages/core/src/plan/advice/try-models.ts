import type { Issue, SaidOfModel } from '@reembed/contracts';
import { isReembedError, type ReembedError } from '../../domain/error.ts';
import { type ModelVector, modelVectors } from '../../domain/recipes-of.ts';
import type { PlanScene } from '../../recipes/plan-scene.ts';
import { textOf } from '../../recipes/render-text.ts';
import { measureSpread, spreadFault, spreadReminder } from '../../recipes/spread.ts';
import { witnessTexts } from '../../recipes/witness-texts.ts';
import type { Findings } from './conclude.ts';
import type { EmbedSample } from './take-fingerprint.ts';

type Asked = ModelVector['recipe'] & { readonly said: SaidOfModel | undefined };

type Trial = { readonly blockers: readonly Issue[]; readonly reminders: readonly string[] };

/**
 * Has every new model embed a few texts: a key that is missing or refused, a name that the provider does not know and a size that it does not give
 * are found before anything is made. What may pass by itself, and no worker being there, is said and stops nothing.
 */
export async function tryModels(embed: EmbedSample, scene: PlanScene): Promise<Findings> {
  const { spec, catalogue } = scene;
  const known = modelVectors(spec).filter(
    ({ recipe: { model } }) => catalogue.facts(model) !== null && (catalogue.record(model)?.retired ?? null) === null,
  );
  const trials: Trial[] = [];
  for (const { name, kind, recipe } of known) {
    // A server checks the size of rows itself, and words have none.
    const expected = kind === 'embed' ? (recipe.dimensions ?? catalogue.facts(recipe.model)?.dimensions ?? null) : null;
    const asked = { ...recipe, said: spec.models[recipe.model] };
    const trial = await tryModel(embed, `vectors.${JSON.stringify(name)}.${kind}`, asked, expected);
    trials.push(trial);
    if (trial.blockers.length > 0 || trial.reminders.length > 0) continue;
    if (kind === 'embed') trials.push(await trySpread(embed, name, asked));
    trials.push(await tryLongest(embed, name, asked, scene));
  }
  return { blockers: trials.flatMap(({ blockers }) => blockers), reminders: [...new Set(trials.flatMap(({ reminders }) => reminders))] };
}

async function tryModel(embed: EmbedSample, path: string, { model, said, dimensions }: Asked, expected: number | null): Promise<Trial> {
  const blocked = (field: string, value: unknown, message: string): Trial => ({ blockers: [{ field, value, message }], reminders: [] });
  try {
    const [made] = await embed({ model, said, dimensions: dimensions ?? null, kind: 'document', texts: [witnessTexts[0]] });
    if (made === undefined) return { blockers: [], reminders: [] };
    if ('refused' in made) return blocked(`${path}.model`, model, `was asked for one short text and refused it: ${made.refused}`);
    if (expected === null || made.vector.length === expected) return { blockers: [], reminders: [] };
    const message = `gives ${made.vector.length} dimensions, where ${expected} are expected: set ${path}.dimensions to what it gives, or mend its entry in reembed.config.yaml`;
    return blocked(`${path}.model`, model, message);
  } catch (error) {
    if (!isReembedError(error)) throw error;
    if (error.retry === 'later') return { blockers: [], reminders: [notTried(model, error)] };
    return blocked(`${path}.model`, model, `was asked for one text, which failed: ${error.message} [${error.code}]`);
  }
}

/** Has reembed's own texts embedded alone and together: a server that mixes the texts of a batch is found out before anything is paid. */
async function trySpread(embed: EmbedSample, name: string, { model, said, dimensions }: Asked): Promise<Trial> {
  const ask = async (texts: readonly string[]) => {
    const made = await embed({ model, said, dimensions: dimensions ?? null, kind: 'document', texts });
    return made.flatMap((one) => ('vector' in one ? [one.vector] : []));
  };
  try {
    const together = await ask(witnessTexts);
    // What is refused beside others says nothing of vectors.
    if (together.length < witnessTexts.length) return { blockers: [], reminders: [] };
    const spread = await measureSpread(together, ask);
    const fault = spreadFault(spread);
    if (fault !== null)
      return { blockers: [{ field: `vectors.${JSON.stringify(name)}.embed.model`, value: model, message: fault }], reminders: [] };
    const says = spreadReminder(model, spread);
    return { blockers: [], reminders: says === null ? [] : [says] };
  } catch (error) {
    if (!isReembedError(error)) throw error;
    return { blockers: [], reminders: [notTried(model, error)] };
  }
}

/** Below this no server cuts a text. */
const longTokens = 256;

/** Has the longest sampled text embedded whole: a server that refuses long texts, or cuts them without a word, is found out before the run. */
async function tryLongest(embed: EmbedSample, name: string, recipe: Asked, { sample, catalogue }: PlanScene): Promise<Trial> {
  const facts = catalogue.facts(recipe.model);
  const texts = sample.flatMap((point) => textOf(recipe.text, point) ?? []);
  const longest = texts.reduce((one, other) => (other.length > one.length ? other : one), '');
  const none: Trial = { blockers: [], reminders: [] };
  if (facts === null || facts.countTokens(longest) <= longTokens) return none;
  const { model, said, dimensions } = recipe;
  try {
    const [made] = await embed({ model, said, dimensions: dimensions ?? null, kind: 'document', texts: [longest], isWhole: true });
    if (made === undefined || !('refused' in made)) return none;
    const becomes = {
      quarantine: 'such points are set aside',
      truncate: 'such texts are cut',
      'split-mean': 'such texts are taken in pieces',
    };
    const says = `The longest sampled text for ${JSON.stringify(name)} is not embedded whole, and ${becomes[recipe.onLongText]} (onLongText): ${made.refused}`;
    return { blockers: [], reminders: [says] };
  } catch (error) {
    if (!isReembedError(error)) throw error;
    return { blockers: [], reminders: [notTried(model, error)] };
  }
}

function notTried(model: string, { message }: ReembedError): string {
  return `${model} could not be tried on a text: ${message}. Whether its key is there and good is found out by the run.`;
}
