import { keepSpellings } from '@reembed/contracts';
import { isReembedError } from '@reembed/core';
import { createLog, packageVersion, systemClock } from '@reembed/process';
import type { Metrics } from '@reembed/process/metrics';
import { startTraces } from '@reembed/process/traces';
import type { FastifyInstance } from 'fastify';
import { buildApi } from './build-api.ts';
import { connectCoordinator } from './connect-coordinator.ts';
import { fixedAccess } from './people/access-source.ts';
import type { Person } from './people/person.ts';
import { beatMs, type FromPlanning, type ToPlanning } from './planning/forked-planner.ts';
import type { RelayedAnswer, RelayedRequest } from './planning/planner.ts';
import type { PlanningData } from './planning/start-planning-process.ts';
import { startedBy } from './processes/started-by.ts';
import { migrationRoutes } from './routes/migrations.ts';
import { planRoutes } from './routes/plans.ts';
import { trialRoutes } from './routes/trials.ts';

/** The entry of the process that plans: a server of the same routes, which listens nowhere, for requests whose caller the coordinator has let in. */

const callerHeader = 'reembed-relayed';

async function start({ settings, config, env, url, secrets }: PlanningData) {
  keepSpellings(secrets);
  const log = createLog('coordinator', settings.logLevel).child({ part: 'planning' });
  const stopTraces = await startTraces('coordinator', packageVersion(new URL('../package.json', import.meta.url)), settings);
  // What is read of metrics is the coordinator's own.
  const metrics: Pick<Metrics, 'observe'> = { observe: (...observed) => tell({ observed }) };
  const parts = await connectCoordinator({ settings, config, env, log, clock: systemClock }, { url }, metrics);
  const callers = new Map<string, Person>();
  const server = buildApi({
    ...parts,
    settings,
    access: fixedAccess(null),
    // Each is asked by the coordinator with a number of its own, in a header that nobody else can reach this server with.
    signIn: async ({ headers }) => {
      const person = callers.get(String(headers[callerHeader]));
      return person === undefined ? { code: 'unauthorized', fault: 'nobody asks', isAttempt: false } : { person };
    },
    tls: null,
    log,
  });
  for (const routes of [migrationRoutes, planRoutes, trialRoutes]) await server.register(routes(parts.deps), { prefix: '/v1' });
  const answer = async (id: number, request: RelayedRequest) => {
    const caller = String(id);
    if (request.person !== null) callers.set(caller, request.person);
    const answered = await inject(server, request, caller);
    callers.delete(caller);
    return answered;
  };
  const stop = async () => {
    await server.close();
    await parts.redis.close();
    await stopTraces();
  };
  return { answer, stop };
}

async function inject(server: FastifyInstance, { url, headers, body, ip }: RelayedRequest, caller: string): Promise<RelayedAnswer> {
  const reply = await server.inject({
    ...{ method: 'POST', url, remoteAddress: ip, headers: { ...headers, [callerHeader]: caller } },
    ...(body === null ? {} : { payload: Buffer.from(body) }),
  });
  const given = Object.entries(reply.headers).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return { status: reply.statusCode, headers: Object.fromEntries(given), body: reply.rawPayload };
}

let started: ReturnType<typeof start> | null = null;
const { tell } = startedBy<ToPlanning, FromPlanning>(async (told) => {
  if ('ends' in told) {
    await (await started)?.stop();
    process.disconnect();
  } else if ('begin' in told) {
    started = start(told.begin);
    await started.catch((error: unknown) => {
      if (!isReembedError(error)) throw error;
      // It is ended for it.
      tell({ code: error.code, message: error.message });
    });
  } else {
    const planning = await started;
    if (planning !== null) tell({ id: told.id, answer: await planning.answer(told.id, told.request) });
  }
});
setInterval(() => tell({ beats: true }), beatMs);
