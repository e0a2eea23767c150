import { coordinatorSettingsSchema } from '@reembed/contracts';
import {
  describeAll,
  isReembedError,
  type Judged,
  judgeClock,
  judgeNoRedis,
  judgeProvider,
  judgeQdrant,
  judgeRedis,
  ReembedError,
} from '@reembed/core';
import { createModelCatalogue } from '@reembed/embedders';
import { loadSettings, systemClock } from '@reembed/process';
import { connectQdrant } from '../inputs/connect-qdrant.ts';
import { canCall, embedSampleHere, readModelSources } from '../inputs/models-here.ts';
import { wrapped } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';

/** Looks at what a fleet stands on: Redis, Qdrant, the models that have a key here, clocks. Only reads. Ends with 6 where something is broken. */
export async function examineSurroundings(cli: Cli): Promise<void> {
  const found = await surroundings(cli);
  const bad = found.filter(({ state }) => state === 'broken');
  const ending =
    bad.length === 0
      ? null
      : new ReembedError('unhealthy', `${bad.length} thing(s) to mend: ${bad.map(({ of, says }) => `${of}: ${says}`).join('; ')}`);
  cli.result({ found }, () => found.flatMap(lines).join('\n'), ending);
}

/** What was found of each. */
export async function surroundings(cli: Cli): Promise<Judged[]> {
  return [...(await lookAtRedis(cli)), ...(await lookAtQdrant(cli)), ...(await lookAtModels(cli))];
}

function lines({ of, state, says, mend }: Judged): string[] {
  const mark = { good: 'good  ', poor: 'POOR  ', broken: 'BROKEN' }[state];
  return [...wrapped(`${mark} ${of}: ${says}`, 0, 7), ...(mend === null ? [] : wrapped(`→ ${mend}`, 7, 9))];
}

async function lookAtRedis({ env }: Cli): Promise<Judged[]> {
  const { redisUrl } = loadSettings(coordinatorSettingsSchema.pick({ redisUrl: true }), env);
  const { findRedis, readRedisFacts } = await import('@reembed/queue');
  try {
    const facts = await readRedisFacts(redisUrl, () => systemClock.now().getTime());
    return [...judgeRedis(facts), judgeClock('the clock of Redis', facts.clockAheadMs)];
  } catch (error) {
    if (!isReembedError(error)) throw error;
    return [judgeNoRedis(error.message, !env.REDIS_URL && (await findRedis(env.PATH)) !== null)];
  }
}

async function lookAtQdrant({ env }: Cli): Promise<Judged[]> {
  return orBroken('Qdrant', 'set QDRANT_URL and QDRANT_API_KEY to yours', async () => {
    const { collections } = await connectQdrant(env);
    const [version, manageRefusal, binaryRefusal, usage] = await Promise.all([
      collections.serverVersion(),
      collections.manageRefusal(),
      collections.binaryRefusal(),
      collections.usage().catch(notTold),
    ]);
    const strict: { collection: string; limits: string[] }[] = [];
    for await (const { name, strictModeConfig } of describeAll(collections)) {
      const { enabled, ...limits } = strictModeConfig ?? {};
      if (enabled === true)
        strict.push({ collection: name, limits: Object.entries(limits).map(([limit, value]) => `${limit} ${JSON.stringify(value)}`) });
    }
    return judgeQdrant({ version, manageRefusal, binaryRefusal, ...usage, strict });
  });
}

/** One short text to every model of reembed.config.yaml, and to the first of each provider whose key is here. */
async function lookAtModels({ env, signal }: Cli): Promise<Judged[]> {
  const sources = await readModelSources(env);
  const catalogue = createModelCatalogue(sources);
  await using here = embedSampleHere(catalogue, signal);
  const { embedSample } = here;
  const ofProviders = Map.groupBy(
    catalogue.known().filter((model) => !/^(hash|local|transformers)\//.test(model) && canCall(catalogue, model)),
    (model) => model.split('/')[0],
  );
  const models = new Set([...Object.keys(sources.config.models), ...[...ofProviders.values()].flatMap(([first]) => first ?? [])]);
  const judged = [...models].map(async (model) => {
    const facts = catalogue.facts(model);
    if (facts === null) return [];
    return orBroken('provider', `${model}: docs/providers.md says what it needs`, async () => {
      const [made] = await embedSample({ model, said: undefined, dimensions: null, kind: 'document', texts: ['Is anybody there?'] });
      if (made === undefined) return [];
      const answered = 'refused' in made ? { failed: made.refused } : { numbers: made.vector.length };
      return [judgeProvider({ facts, answered })];
    });
  });
  const all = (await Promise.all(judged)).flat();
  const none: Judged = {
    of: 'provider',
    state: 'poor',
    says: 'no model that wants a key can be asked from here',
    mend: 'set the key of yours (OPENAI_API_KEY, COHERE_API_KEY), or name your model in reembed.config.yaml; local/use-lite wants none',
  };
  return all.length === 0 ? [none] : all;
}

/** How full it is, some servers do not tell, nor to every key. */
function notTold(error: unknown) {
  if (!isReembedError(error)) throw error;
  return { diskPercent: null, memoryPercent: null };
}

/** What cannot be looked at is broken, with the words of whoever refused. */
async function orBroken(of: Judged['of'], mend: string, look: () => Promise<Judged[]>): Promise<Judged[]> {
  try {
    return await look();
  } catch (error) {
    if (!isReembedError(error)) throw error;
    return [{ of, state: 'broken', says: error.message, mend }];
  }
}
