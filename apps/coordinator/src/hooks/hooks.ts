import type { HookDelivery, StageJob } from '@reembed/contracts';
import { type Clock, hasEnded, type Migration, type Migrations, ReembedError } from '@reembed/core';
import type { HookConfig } from '@reembed/embedders';
import type { Deliveries } from '@reembed/queue';
import type { Logger } from 'pino';
import { callHook, type HookAccess, type HookAnswer } from './call-hook.ts';
import { type Happening, happenings, messageOf, type Numbers, wantsNumbers } from './happenings.ts';

export type Hooks = {
  /** Tells of the phase of a stage that begins; also of one that is over within a moment. */
  tellPhase(job: StageJob): Promise<void>;
  /** Looks at every migration, and takes on what there is to tell. */
  look(): Promise<void>;
  /** Tries what is due. */
  deliver(): Promise<void>;
  /** Asks those that have to agree before this phase acts. Throws `hook-failed`. */
  beforePhase(migration: Migration, signal: AbortSignal): Promise<void>;
};

export type HooksOptions = HookAccess & {
  readonly hooks: readonly HookConfig[];
  readonly deliveries: Deliveries;
  readonly migrations: Pick<Migrations, 'load' | 'list'>;
  /** What is set aside, and what it has cost. */
  readonly numbersOf: (migration: Migration) => Promise<Numbers>;
  readonly clock: Clock;
  readonly log: Logger;
};

/** How long after an attempt the next one comes, in ms; after the last of them it is given up. */
const pausesMs = [5_000, 30_000, 120_000, 600_000, 3_600_000];

/** Attempts of one that has to agree, and the pause between them, in ms: somebody waits for the act. */
const attemptsBefore = 3;
const pauseBeforeMs = 2_000;

/** What ended longer ago is told nobody who was configured since, in ms. */
const newsMs = 3_600_000;

/** Messages that one process has under way at once. */
const atOnce = 10;

/** Tells webhooks and commands what happens, at least once each: what is to be told is kept in Redis before it is tried. */
export function createHooks(options: HooksOptions): Hooks {
  const { hooks, deliveries, migrations, clock, log } = options;
  const now = () => clock.now();

  async function takeOn(migration: Migration, numbers: Numbers | null): Promise<void> {
    for (const hook of hooks)
      for (const happening of happenings(hook, migration, numbers, now())) await deliveries.add(newDelivery(hook, migration, happening));
  }

  function newDelivery(hook: HookConfig, migration: Migration, { key, ...happening }: Happening): HookDelivery {
    const message = messageOf(migration, happening, now());
    const state = { state: 'pending', attempts: 0, lastAt: null, nextAt: message.at, answer: null } as const;
    return { id: `${migration.id}-${key}-${hook.name}`, hook: hook.name, message, ...state };
  }

  async function attempt(delivery: HookDelivery): Promise<void> {
    const hook = hooks.find(({ name }) => name === delivery.hook);
    if (hook === undefined || !(await deliveries.claim(delivery.id, hook.timeoutMs + 30_000))) return;
    // What another coordinator has done since it was listed.
    const stands = await deliveries.load(delivery.id);
    if (stands !== null && isDue(stands, now()))
      await settle(stands, await callHook(options, hook, delivery.id, delivery.message), pausesMs);
    await deliveries.unclaim(delivery.id);
  }

  async function settle(delivery: HookDelivery, { ok, answer }: HookAnswer, pauses: readonly number[]): Promise<HookDelivery> {
    const pause = pauses[delivery.attempts];
    const nextAt = ok || pause === undefined ? null : new Date(now().getTime() + pause).toISOString();
    const state = ok ? 'delivered' : nextAt === null ? 'given-up' : 'pending';
    const after = { ...delivery, state, attempts: delivery.attempts + 1, lastAt: now().toISOString(), nextAt, answer } as const;
    await deliveries.save(after);
    const { hook, message } = after;
    const details = { hook, event: message.event, migration: message.migration, attempts: after.attempts };
    if (ok) log.info(details, `the hook ${hook} was told of ${message.event}`);
    else log.warn(details, `the hook ${hook} could not be told of ${message.event}: ${answer}`);
    return after;
  }

  async function ask(hook: HookConfig, migration: Migration, signal: AbortSignal): Promise<void> {
    const { phase, phaseNumber } = migration;
    const fresh = newDelivery(hook, migration, { key: `before-${phaseNumber}`, event: 'before', says: `it is about to act: ${phase}` });
    const known = await deliveries.load(fresh.id);
    if (known?.state === 'delivered') return;
    let asked: HookDelivery = { ...fresh, nextAt: null };
    for (let time = 1; ; time++) {
      asked = await settle(asked, await callHook(options, hook, fresh.id, fresh.message), []);
      if (asked.state === 'delivered') return;
      if (time === attemptsBefore) break;
      await clock.sleep(pauseBeforeMs, signal);
    }
    throw new ReembedError(
      'hook-failed',
      `the hook ${hook.name}, which has to agree before ${phase}, ${asked.answer}: nothing was done; mend it and say it again, or take ${phase} out of its \`before\` in reembed.config.yaml`,
    );
  }

  return {
    async tellPhase({ migrationId, phaseNumber }) {
      const migration = hooks.length === 0 ? null : await migrations.load(migrationId);
      if (migration?.phaseNumber === phaseNumber && isNews(migration, now())) await takeOn(migration, null);
    },
    async look() {
      if (hooks.length === 0) return;
      for (const migration of await migrations.list()) {
        if (!isNews(migration, now())) continue;
        const isCounted = hooks.some(wantsNumbers) && !hasEnded(migration);
        await takeOn(migration, isCounted ? await options.numbersOf(migration) : null);
      }
      await deliveries.prune();
    },
    async deliver() {
      const due = hooks.length === 0 ? [] : (await deliveries.list()).filter((delivery) => isDue(delivery, now()));
      await Promise.all(due.slice(-atOnce).map(attempt));
    },
    async beforePhase(migration, signal) {
      const asked = hooks.filter(({ before }) => before.some((act) => act === migration.phase));
      for (const hook of asked) await ask(hook, migration, signal);
    },
  };
}

function isDue({ state, nextAt }: HookDelivery, now: Date): boolean {
  return state === 'pending' && nextAt !== null && Date.parse(nextAt) <= now.getTime();
}

function isNews(migration: Migration, now: Date): boolean {
  return !hasEnded(migration) || now.getTime() - Date.parse(migration.updatedAt) < newsMs;
}
