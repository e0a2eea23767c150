import { type SpecInput, specSchema } from '@reembed/contracts';
import {
  buildAdapterHeader,
  createFakeAdapters,
  createFakeCatalogue,
  createFakeClock,
  createFakeEmbedder,
  createFakeState,
  createFakeStores,
  createFakeTextSources,
  type FakeEmbedderOptions,
} from '@reembed/testkit';
import { submit } from '../commands/submit.ts';
import { ReembedError, summarizeError } from '../domain/error.ts';
import type { Migration } from '../domain/migration.ts';
import type { PointText } from '../domain/point.ts';
import { modelVectors } from '../domain/recipes-of.ts';
import { isAtWork, transitions } from '../domain/transitions.ts';
import { standingGates } from '../gates/gate-words.ts';
import { calculateHere } from '../ports/calculations.ts';
import { type CoordinatorDeps, freshMemory } from '../ports/coordinator-deps.ts';
import type { LearnedMaps } from '../ports/learned-maps.ts';
import { loadMigration } from '../ports/migration-document.ts';
import { runRange } from '../ranges/run-range.ts';
import { takePace } from '../ranges/take-pace.ts';
import { serveModelCall } from '../recipes/model-calls.ts';
import { type TextContext, textOrigin } from '../recipes/point-texts.ts';
import { projectionsOf } from '../recipes/target-vectors.ts';
import { throttledBudget } from '../recipes/throttled-budget.ts';
import { runStage } from './run-stage.ts';

export { setAsideEntry } from '../domain/set-aside.ts';

export function docs(count: number): PointText[] {
  return Array.from({ length: count }, (_, n) => ({
    id: { kind: 'integer', id: String(n + 1) },
    payload: JSON.stringify({ body: `text ${n + 1}` }),
    vectors: { '': '[1.0,0.0]' },
  }));
}

export function buildSpec(change: Partial<SpecInput> = {}) {
  return specSchema.parse({
    name: 'docs',
    source: { collection: 'docs_v1' },
    target: { collection: 'docs_v2', alias: 'docs' },
    vectors: { '': { keep: '' }, new: { embed: { model: 'fake/4', text: '{{body}}' } } },
    copy: { rangePoints: 3, pagePoints: 2 },
    ...change,
  });
}

/** The same Qdrant, seen by a fleet whose Redis is empty. */
export function anotherFleet(deps: CoordinatorDeps): CoordinatorDeps {
  const state = createFakeState();
  return {
    ...deps,
    ...state,
    ...{ setAside: deps.setAside, records: deps.records, lateWrites: deps.lateWrites },
    fleet: { id: async () => 'another fleet', isOurs: async (id) => id === 'another fleet', workers: async () => 1 },
  };
}

export type FleetOptions = {
  readonly points?: readonly PointText[];
  readonly embedder?: FakeEmbedderOptions;
  readonly texts?: Parameters<typeof createFakeTextSources>[0];
  /** Models besides. */
  readonly others?: readonly FakeEmbedderOptions[];
  /** Dimensions of the source's vector. */
  readonly size?: number;
  /** Of coordinator and workers; `map.json`, from two dimensions to three, unless given. */
  readonly learnedMaps?: LearnedMaps;
};

/** Records what was asked of it; `fails` makes it refuse. */
function createFakeFreezeHook() {
  const asked: string[] = [];
  return {
    asked,
    fails: false,
    /** The token of the hold that lasts; null: writers go on. */
    held: null as string | null,
    async hold(_url: string, { token }: { token: string }) {
      if (this.fails) throw new ReembedError('freeze-failed', 'no');
      asked.push('hold');
      this.held = token;
    },
    async release(_url: string, { token }: { token: string }) {
      asked.push('release');
      if (this.held === token) this.held = null;
    },
  };
}

/**
 * A coordinator and a worker in memory over one store. Nothing runs by itself: `step` runs one stage job, `work` the queued ranges,
 * `settle` both until nothing is queued.
 */
export async function startFleet(options: FleetOptions = {}) {
  const stores = createFakeStores();
  await stores.collections.create('docs_v1', { vectors: { size: options.size ?? 2, distance: 'Dot' }, metadata: { team: 'search' } });
  stores.put('docs_v1', options.points ?? docs(7));
  await stores.collections.pointAlias('docs', 'docs_v1');
  const clock = createFakeClock();
  const state = createFakeState({ clock });
  const embedder = createFakeEmbedder(options.embedder);
  const textSources = createFakeTextSources(options.texts);
  const freezeHook = createFakeFreezeHook();
  const beforePhase = { agrees: (_migration: Migration): void => undefined };
  let ids = 0;
  const deps: CoordinatorDeps = {
    ...state,
    collections: stores.collections,
    points: stores.points,
    searches: stores.searches,
    catalogue: createFakeCatalogue([embedder, ...(options.others ?? []).map(createFakeEmbedder)]),
    learnedMaps: options.learnedMaps ?? createFakeAdapters({ 'map.json': buildAdapterHeader() }),
    textSources,
    clock,
    requestTimeoutMs: 1_000,
    newId: () => `m${++ids}`,
    coordinatorName: () => 'here (http://127.0.0.1:8765)',
    endsWith: null,
    freezeHook,
    beforePhase: async (migration) => beforePhase.agrees(migration),
    calculate: calculateHere,
    ...freshMemory(),
  };
  const { signal } = new AbortController();
  const embedding = { embedder, dimensions: undefined, budget: state.rateBudget, clock, signal };
  const pricesOf = (model: string) => ({ request: deps.catalogue.facts(model)?.pricePerMillionTokensUsd ?? null, batch: null });
  const budgetOf = (migration: Migration) =>
    throttledBudget({ budget: state.rateBudget, costs: state.costs, now: () => migration, pricesOf, spent: { requests: 0, batches: 0 } });
  const embeddingBy = (model: string, dimensions: number | null | undefined) => ({
    ...embedding,
    embedder: deps.catalogue.embedder(model),
    dimensions: dimensions ?? undefined,
  });
  const phases: string[] = [];
  let holders = 0;
  let fleets = 0;

  /** Runs the oldest stage job; answers false where there is none. `again` puts it back. */
  async function step(with_: Partial<CoordinatorDeps> = {}): Promise<boolean> {
    const job = state.stageQueue.jobs.shift();
    if (job === undefined) return false;
    const before = await state.migrations.load(job.migrationId);
    const outcome = await runStage({ ...deps, ...with_ }, job, signal);
    const after = await state.migrations.load(job.migrationId);
    if (before && after && before.phaseNumber + 1 === after.phaseNumber) note(before, after);
    if (outcome !== 'done') {
      clock.advance(outcome.again);
      await deps.stageQueue.enqueue(job);
    }
    return true;
  }

  function textsOf(spec: Migration['spec'], resolved: Migration['resolved']): TextContext | undefined {
    const origin = textOrigin(spec, resolved.textFile);
    return origin === null ? undefined : { sources: textSources, origin, budget: state.rateBudget, clock, signal };
  }

  /** What FLUSHALL does, and a new Redis: whoever runs on sees an empty one. Nothing is left but what Qdrant keeps: points, metadata, what is set aside. */
  function loseRedis(): void {
    const fresh = createFakeState({ clock });
    const owner = `fleet ${++fleets}`;
    const kept = { setAside: state.setAside, records: state.records, lateWrites: state.lateWrites };
    const emptied = { ...fresh, ...kept, fleet: { ...fresh.fleet, id: async () => owner, isOurs: async () => true } };
    for (const [name, port] of Object.entries(emptied)) Object.assign(state[name as keyof typeof state], port);
  }

  function note(before: Migration, after: Migration): void {
    const { next, commands } = transitions[before.phase];
    if (![...next, ...Object.values(commands)].includes(after.phase)) throw new Error(`${before.phase} went to ${after.phase}`);
    phases.push(after.phase);
  }

  async function work(): Promise<void> {
    for (const call of state.modelCalls.asked.splice(0)) {
      const answer = await serveModelCall(embeddingBy(call.model, call.dimensions), call).then(
        (answer) => ({ ok: true, answer }) as const,
        (error: unknown) => ({ ok: false, ...summarizeError(error) }) as const,
      );
      state.modelCalls.answer(call.callId, answer);
    }
    for (const job of state.rangeQueue.jobs.splice(0)) {
      const outcome = await runRange(
        {
          load: state.migrations.load,
          ranges: state.ranges,
          writers: state.writers,
          holder: `h${++holders}`,
          signal,
          pace: async (points, stopped) => takePace(state.pace, await loadMigration(deps, job.migrationId), points, stopped),
          prepare: async (migration) => ({
            points: stores.points,
            carrier: null,
            setAside: state.setAside,
            lateWrites: state.lateWrites,
            clock,
            recipes: {
              spec: migration.spec,
              resolved: migration.resolved,
              embedding: Object.fromEntries(
                modelVectors(migration.spec).map(({ name, recipe }) => [
                  name,
                  { ...embeddingBy(recipe.model, recipe.dimensions), budget: budgetOf(migration) },
                ]),
              ),
              bm25: deps.catalogue.bm25,
              texts: textsOf(migration.spec, migration.resolved),
              encodeVector: (vector) => JSON.stringify([...vector]),
              projections: await projectionsOf(deps.learnedMaps, migration),
            },
          }),
        },
        job,
      );
      if (outcome.kind !== 'done') await state.rangeQueue.enqueue([job]);
    }
  }

  async function settle(with_: Partial<CoordinatorDeps> = {}): Promise<void> {
    for (let rounds = 0; !(await waits()) && (await step(with_)); rounds++) {
      if (rounds > 500) throw new Error(`it does not come to rest: ${phases.join(', ')}`);
      await work();
    }
  }

  /** Whether every migration that is ready has nothing to do but to follow its source. */
  async function waits(): Promise<boolean> {
    const running = (await state.migrations.list()).filter(isAtWork);
    const waiting = running.map(async ({ id, phase, phaseNumber, announced, waiting: held, pass, approval, spec, gates, overrides }) => {
      if (phase === 'observing') return pass === null && (announced === phaseNumber || held !== null);
      const free = (await state.setAside.count(id)).open === 0 && standingGates({ gates, overrides }).length === 0;
      const wanted = (approval !== null || spec.switch.mode === 'auto') && free;
      return phase === 'ready' && pass === null && !wanted;
    });
    return running.length > 0 && (await Promise.all(waiting)).every(Boolean);
  }

  /** Lets a migration that is ready follow its source once more. */
  async function follow(): Promise<void> {
    const before = (await loadMigration(deps, 'm1')).lag?.at;
    for (let rounds = 0; rounds < 100; rounds++) {
      const { lag, phase } = await loadMigration(deps, 'm1');
      if (phase !== 'ready' || lag?.at !== before) return;
      await step();
      await work();
    }
    throw new Error('it does not follow its source');
  }

  /** Runs until a phase is reached, without letting it act. */
  async function until(phase: Migration['phase'], id = 'm1'): Promise<Migration> {
    for (let rounds = 0; rounds < 500; rounds++) {
      const now = await loadMigration(deps, id);
      if (now.phase === phase) return now;
      if (!(await step())) break;
      await work();
    }
    throw new Error(`${phase} is not reached: ${phases.join(', ')}`);
  }

  return {
    stores,
    state,
    deps,
    clock,
    embedder,
    textSources,
    phases,
    loseRedis,
    step,
    work,
    settle,
    follow,
    freezeHook,
    beforePhase,
    until,
    submit: (spec = buildSpec()) => submit(deps, spec),
    load: (id = 'm1') => loadMigration(deps, id),
    alias: async (name = 'docs') => (await stores.collections.aliases()).get(name),
    aliases: async () => Object.fromEntries(await stores.collections.aliases()),
  };
}
