import { createHash } from 'node:crypto';
import { type Trial, type TrialProgress, trialBodySchema, trialSchema, trialUnderWaySchema } from '@reembed/contracts';
import { type OnTrialProgress, parseTrial, ReembedError, runTrial, sampleByFleet, trialProgressInWords } from '@reembed/core';
import { errors, ofBody } from '../openapi/error-responses.ts';
import { judgedLater } from './judged-later.ts';
import { routeGroup } from './route-group.ts';

/** How long a request waits for a trial before it answers how far that is, in ms. */
const waitMs = 10_000;

/** How long what came of a trial is kept for whoever began it, in ms: afterwards asking again costs its queries, and nothing else. */
const keptMs = 600_000;

type UnderWay = { progress: TrialProgress; readonly done: Promise<Trial>; endedAt: number | null };

/** `POST /v1/trials`: candidates on one sample of their source. The same body again goes on with it, also at another coordinator. */
export const trialRoutes = routeGroup((app, deps) => {
  const underWay = new Map<string, UnderWay>();
  const closing = new AbortController();
  app.addHook('onClose', () => closing.abort());
  const begin = (key: string, body: unknown): UnderWay => {
    for (const [other, { endedAt }] of underWay)
      if (endedAt !== null && deps.clock.monotonicMs() - endedAt > keptMs) underWay.delete(other);
    const begun: UnderWay = {
      progress: { step: 'beginning', done: 0, of: 0, unit: '' },
      endedAt: null,
      done: run(parseTrial(body), (progress) => Object.assign(begun, { progress })),
    };
    // Whoever asks next hears of a failure; nobody need be there when it happens.
    const ended = () => void Object.assign(begun, { endedAt: deps.clock.monotonicMs() });
    begun.done.then(ended, ended);
    underWay.set(key, begun);
    return begun;
  };
  const run = async (trial: ReturnType<typeof parseTrial>, onProgress: OnTrialProgress): Promise<Trial> => {
    const workers = await deps.fleet.workers();
    if (workers === 0) throw new ReembedError('no-worker', 'no worker is running: start one with `reembed worker`, then ask again');
    return runTrial({ ...deps, workers, embedSample: sampleByFleet(deps) }, trial, { signal: closing.signal, onProgress });
  };
  const schema = {
    tags: ['plans'],
    operationId: 'tryCandidates',
    summary: 'Try specs on one sample of their source, before anything is paid for all; ask again until it is done',
    body: trialBodySchema,
    response: { 200: trialSchema, 202: trialUnderWaySchema, ...errors(404, 409, 422, 503, ...ofBody) },
  };
  app.post('/trials', { schema, validatorCompiler: judgedLater }, async (request, reply) => {
    const key = createHash('sha256')
      .update(JSON.stringify(request.body) ?? '')
      .digest('hex');
    // Asked again and again until it is done: only the request that begins it is an act.
    if (!underWay.has(key)) await request.recordAct();
    const begun = underWay.get(key) ?? begin(key, request.body);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    const waited = deps.clock.sleep(waitMs, gone.signal).then(
      () => null,
      () => null,
    );
    try {
      const trial = await Promise.race([begun.done, waited]);
      const { progress } = begun;
      if (trial === null) return reply.status(202).send({ state: 'working', says: trialProgressInWords(progress), progress });
      underWay.delete(key);
      return reply.send(trial);
    } catch (error) {
      underWay.delete(key);
      throw error;
    } finally {
      gone.abort();
    }
  });
});
