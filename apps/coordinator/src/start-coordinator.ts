import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext } from 'node:tls';
import { type CoordinatorSettings, isLoopback } from '@reembed/contracts';
import {
  type AuditTrail,
  aliveEveryMs,
  type CoordinatorDeps,
  pruneEnded,
  ReembedError,
  reconcile,
  releaseAll,
  showAlive,
  workOnStage,
} from '@reembed/core';
import { portRefused, type Service } from '@reembed/process';
import { createMetrics } from '@reembed/process/metrics';
import { withNames } from '@reembed/process/spans';
import { createStageConsumer, type Registration, type State } from '@reembed/queue';
import type { Logger } from 'pino';
import type { Tls } from './build-api.ts';
import { buildServer } from './build-server.ts';
import { type CoordinatorOptions, connectCoordinator } from './connect-coordinator.ts';
import { measureFleet } from './fleet-metrics.ts';
import { lookEveryMs, openAccess } from './people/access-source.ts';
import { createForkedPlanner } from './planning/forked-planner.ts';
import { startPlanningProcess } from './planning/start-planning-process.ts';

export type Coordinator = Service & { readonly url: string };

/** How often migrations that ended long ago are looked for, in ms. */
const pruneEveryMs = 3_600_000;

/** How often it is looked at what there is to tell hooks, and what is due, in ms. */
const hooksLookEveryMs = 10_000;
const hooksDeliverEveryMs = 1_000;

/** Lines of the audit trail that are kept: some hundred megabytes. */
const mostAuditLines = 1_000_000;

/** Connects, serves the API, and works on stages. Throws `invalid-config` where it would be open to a network without anybody being asked who he is. */
export async function startCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const { settings, log } = options;
  const [access, tls] = await Promise.all([openAccess(settings.accessFile, log), loadTls(settings)]);
  if (!isLoopback(settings.host) && settings.token === undefined && access.current() === null) {
    throw new ReembedError(
      'invalid-config',
      `REEMBED_HOST is ${settings.host}, which is not loopback: set REEMBED_TOKEN or REEMBED_ACCESS, or listen on 127.0.0.1`,
    );
  }
  const known = { url: `${tls === null ? 'http' : 'https'}://${settings.host}:${settings.port}` };
  const metrics = createMetrics('coordinator');
  const { deps, redis, state, hooks, ...parts } = await connectCoordinator(options, known, metrics);
  const { audit } = parts;
  measureFleet(metrics, deps);
  // What is instrumented is in this process.
  const startPlanning = () => startPlanningProcess(options, known.url);
  const planner = options.instrument === undefined ? createForkedPlanner(startPlanning, { log, metrics }) : undefined;
  const server = await buildServer({ ...parts, deps, access, redis, metrics, planner, settings, tls, log });
  // Listening comes first: where the port is taken, no coordinator must work on without an address.
  const url = await server.listen({ host: settings.host, port: settings.port }).catch(async (error: unknown) => {
    await server.close();
    await redis.close();
    throw portRefused(error, settings, { host: 'REEMBED_HOST', port: 'REEMBED_PORT' });
  });
  known.url = url;
  const registration = await state.fleet.registerCoordinator(randomUUID());
  const stages = createStageConsumer({
    redis,
    prefix: settings.redisPrefix,
    lockDurationMs: settings.lockDurationMs,
    stalledIntervalMs: settings.stalledIntervalMs,
    log,
    handler: (job, signal) =>
      withNames({ migration: job.migrationId }, async () => {
        await hooks.tellPhase(job);
        return workOnStage(deps, job, signal);
      }),
  });
  const stopPruning = every(pruneEveryMs, () => prune(deps, audit, settings), log);
  const stopReconciling = every(settings.reconcileMs, () => reconcile(deps), log);
  const stopLooking = every(lookEveryMs, () => access.readAgain(), log);
  const stopTelling = [every(hooksLookEveryMs, hooks.look, log), every(hooksDeliverEveryMs, hooks.deliver, log)];
  const stopShowing = every(aliveEveryMs, () => showAlive(deps), log);
  log.info({ url }, 'coordinator is ready');
  return {
    name: url,
    url,
    async stop() {
      stopPruning();
      stopReconciling();
      stopLooking();
      stopShowing();
      for (const stop of stopTelling) stop();
      await server.close();
      await planner?.stop();
      await stages.stop(5_000);
      await leave(deps, state.fleet, registration, log);
      await redis.close();
    },
  };
}

/** Forgets what is older than settings say. */
async function prune(deps: CoordinatorDeps, audit: AuditTrail, { keepEndedDays, keepAuditDays }: CoordinatorSettings): Promise<void> {
  await pruneEnded(deps, keepEndedDays * 86_400_000);
  await audit.prune(deps.clock.now().getTime() - keepAuditDays * 86_400_000, mostAuditLines);
}

/** Longest time that this may take, in ms: without it whoever goes on has to say that it takes over. */
const leaveMs = 3_000;

/** The last coordinator of a fleet gives its migrations up. Neither Redis nor Qdrant keeps it from ending. */
async function leave(deps: CoordinatorDeps, fleet: State['fleet'], registration: Registration, log: Logger): Promise<void> {
  const leaving = async () => {
    await registration.stop();
    if ((await fleet.coordinators()) === 0) await releaseAll(deps);
  };
  const left = leaving().catch((error: unknown) => log.warn({ error: String(error) }, 'its migrations were not given up'));
  await Promise.race([left, sleep(leaveMs, undefined, { ref: false })]);
}

/** The certificate to serve https by; null: http. Throws `invalid-config` where one file is missing. */
async function loadTls({ tlsCert, tlsKey }: CoordinatorSettings): Promise<Tls | null> {
  if (tlsCert === undefined && tlsKey === undefined) return null;
  if (tlsCert === undefined || tlsKey === undefined)
    throw new ReembedError('invalid-config', 'REEMBED_TLS_CERT and REEMBED_TLS_KEY go together: set both, or none');
  const read = (variable: string, file: string) =>
    readFile(file).catch((cause: unknown) => {
      throw new ReembedError('invalid-config', `${variable} (${file}): the file cannot be read`, { cause });
    });
  const [cert, key] = await Promise.all([read('REEMBED_TLS_CERT', tlsCert), read('REEMBED_TLS_KEY', tlsKey)]);
  try {
    createSecureContext({ cert, key });
  } catch (cause) {
    throw new ReembedError('invalid-config', 'REEMBED_TLS_CERT and REEMBED_TLS_KEY are no certificate in PEM with its key', { cause });
  }
  return { cert, key };
}

/** Runs now and then; one run at a time, and a failed one is logged: the next comes. */
function every(ms: number, run: () => Promise<void>, log: Logger): () => void {
  let running = false;
  const tick = async () => {
    if (running) return;
    running = true;
    await run().catch((error: unknown) => log.warn({ error: String(error) }, 'reconciling failed'));
    running = false;
  };
  void tick();
  const timer = setInterval(() => void tick(), ms);
  return () => clearInterval(timer);
}
