import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  decisionsMetadataSchema,
  type Issue,
  type MigrationMetadata,
  metadataKeys,
  migrationMetadataSchema,
  type Phase,
  phaseMetadataSchema,
  type Spec,
  specSchema,
  unavailableIn,
} from '@reembed/contracts';
import { ReembedError } from './error.ts';
import type { Migration } from './migration.ts';
import { makePlan, type PlanResult } from './plan/make-plan.ts';
import { recordInForce } from './plan/record-in-force.ts';
import { type Surroundings, surroundings } from './plan/surroundings.ts';
import type { CollectionInfo } from './ports/collections.ts';
import type { InsertResult } from './ports/state.ts';
import { isInPlace } from './recipes/filled-vectors.ts';
import { type CoordinatorDeps, isoNow } from './stages/stage.ts';
import { epochAfter, hasEnded } from './transitions.ts';

type Idempotency = { readonly key: string; readonly fingerprint: string };

export type Submission = { readonly migration: Migration; readonly how: 'created' | 'repeated' | 'running' | 'adopted' };

/** Validates a spec. Throws `invalid-spec` with every fault at once, or `not-available-yet` naming the fields. */
export function parseSpec(input: unknown): Spec {
  const parsed = specSchema.safeParse(input);
  if (!parsed.success) {
    const issues = parsed.error.issues.flatMap((issue) => toIssues(issue, input));
    throw new ReembedError('invalid-spec', inWords('the spec is not valid', issues), { issues });
  }
  const refused = unavailableIn(parsed.data).map(({ field, value }) => ({ field, value, message: 'is not available yet: leave it out' }));
  if (refused.length > 0)
    throw new ReembedError('not-available-yet', inWords('the spec asks for what this version cannot do', refused), { issues: refused });
  return parsed.data;
}

/** A longer list is not sent back whole. */
const longestShown = 20;

type ZodIssue = { readonly path: readonly PropertyKey[]; readonly message: string; readonly keys?: readonly string[] };

function toIssues({ path, message, keys }: ZodIssue, input: unknown): Issue[] {
  const found = path.reduce((at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined), input);
  const value = Array.isArray(found) && found.length > longestShown ? `a list of ${found.length}` : found;
  const field = path.map(String).join('.');
  if (keys === undefined) return [{ field, value, message }];
  return keys.map((key) => ({
    field: [...path.map(String), key].join('.'),
    value: Reflect.get(Object(value), key),
    message: 'is not a field of the spec: check its spelling',
  }));
}

/** `the spec is not valid: source.collection (undefined): expected string; …` */
export function inWords(what: string, issues: readonly Issue[]): string {
  return `${what}: ${issues.map(({ field, value, message }) => `${field} (${JSON.stringify(value) ?? 'missing'}): ${message}`).join('; ')}`;
}

/**
 * Takes a migration on. The same spec again answers with the migration that is there: running, or adopted from the target's metadata
 * where this fleet knows nothing of it. Throws `plan-blocked` with every blocker, `idempotency-conflict`, or `wrong-state` where target or
 * alias are taken by another migration.
 */
export async function submit(deps: CoordinatorDeps, spec: Spec, idempotencyKey?: string): Promise<Submission> {
  const fingerprint = createHash('sha256').update(JSON.stringify(spec)).digest('hex');
  const earlier = idempotencyKey === undefined ? null : await deps.migrations.byIdempotencyKey(idempotencyKey);
  if (earlier !== null) return repeated(deps, earlier, fingerprint);
  const own = await ownMigration(deps, spec);
  if (own !== null) return own;
  const result = await makePlan(deps, spec);
  if (result.resolved === null) throw blocked(result);
  const migration = await newMigration(deps, spec, result.resolved);
  return store(deps, migration, 'created', idempotencyKey === undefined ? undefined : { key: idempotencyKey, fingerprint });
}

function blocked({ plan: { blockers } }: PlanResult): ReembedError {
  return new ReembedError('plan-blocked', inWords('nothing was created', blockers), { issues: blockers });
}

async function repeated(deps: CoordinatorDeps, earlier: { id: string; fingerprint: string }, fingerprint: string): Promise<Submission> {
  if (earlier.fingerprint !== fingerprint) {
    throw new ReembedError(
      'idempotency-conflict',
      `this Idempotency-Key was used for migration ${earlier.id} with another spec: use a new key`,
    );
  }
  return { migration: await loadMigration(deps, earlier.id), how: 'repeated' };
}

/** Throws `not-found`. */
export async function loadMigration(deps: Pick<CoordinatorDeps, 'migrations'>, id: string): Promise<Migration> {
  const migration = await deps.migrations.load(id);
  if (migration === null)
    throw new ReembedError('not-found', `there is no migration ${JSON.stringify(id)}; list them with \`reembed list\``);
  return migration;
}

async function newMigration(deps: CoordinatorDeps, spec: Spec, resolved: Migration['resolved']): Promise<Migration> {
  const at = isoNow(deps);
  return {
    id: deps.newId(),
    spec,
    resolved,
    phase: 'preparing',
    phaseNumber: 1,
    epoch: 0,
    resumeTo: null,
    owner: await deps.fleet.id(),
    createdAt: at,
    updatedAt: at,
    witness: {},
    origins: {},
    pass: null,
    lastPassNumber: 0,
    announced: 0,
    claimed: false,
    waiting: null,
    error: null,
    verification: null,
    differing: null,
    watermark: null,
    lag: null,
    gating: null,
    gates: null,
    overrides: [],
    history: [{ phase: 'preparing', at }],
    samples: [],
    cutover: null,
    approval: null,
    syncRounds: 0,
    comparedPass: null,
    lookBackPass: null,
    lateWrites: [],
    deletesAllowed: null,
    rollback: null,
    loseWrites: null,
    dropVectors: [],
  };
}

async function store(
  deps: CoordinatorDeps,
  migration: Migration,
  how: 'created' | 'adopted',
  idempotency?: Idempotency,
): Promise<Submission> {
  const inserted = await insert(deps, migration, idempotency);
  if (inserted.kind === 'repeated') return repeated(deps, inserted, idempotency?.fingerprint ?? '');
  if (inserted.kind === 'taken') {
    const { by, what } = inserted;
    const holder = await deps.migrations.load(by);
    // Two submissions of one spec at the same moment: the second answers with the first.
    if (holder !== null && inFlight(holder, migration.spec)) return { migration: holder, how: 'running' };
    const name = what === 'target' ? migration.spec.target.collection : migration.spec.target.alias;
    const wayOut =
      holder !== null && hasEnded(holder) ? 'which has ended and lets go of it in a moment' : 'wait for it, or cancel it first';
    throw new ReembedError('wrong-state', `the ${what} "${name}" is taken by migration ${by}: ${wayOut}`);
  }
  await deps.stageQueue.enqueue({ migrationId: migration.id, phaseNumber: migration.phaseNumber });
  await deps.events.publish(migration.id, {
    type: 'phase',
    at: migration.updatedAt,
    phase: migration.phase,
    number: migration.phaseNumber,
  });
  return { migration, how };
}

/** Names of a migration that has ended are free once that is announced: what it clears away afterwards need not be waited for. */
async function insert({ migrations }: CoordinatorDeps, migration: Migration, idempotency?: Idempotency): Promise<InsertResult> {
  const inserted = await migrations.insert(migration, idempotency);
  const holder = inserted.kind === 'taken' ? await migrations.load(inserted.by) : null;
  if (holder === null || !hasEnded(holder) || holder.announced !== holder.phaseNumber) return inserted;
  await migrations.release(holder.id);
  return migrations.insert(migration, idempotency);
}

/** The migration of this very spec: one this fleet works on, or one that the target's metadata tells of. */
async function ownMigration(deps: CoordinatorDeps, spec: Spec): Promise<Submission | null> {
  const around = await surroundings(deps.collections, spec);
  const stored = ownMetadata(spec, around);
  const known = (await deps.migrations.list()).find((migration) =>
    stored === null ? inFlight(migration, spec) : migration.id === stored.id,
  );
  // In place the collection stays, and may be filled anew after a migration has ended there.
  if (isInPlace(spec) && (known === undefined ? around.target === null || recordInForce(around.target) === null : hasEnded(known)))
    return null;
  // One that was cancelled is in the way, here as in adopt: answering with it would look like a migration that was taken on.
  if (known?.phase === 'cancelled') return null;
  if (known !== undefined) return { migration: known, how: 'running' };
  return stored === null || around.target === null ? null : adopt(deps, stored, around.target);
}

function inFlight(migration: Migration, spec: Spec): boolean {
  return !hasEnded(migration) && sameWork(migration.spec, spec);
}

function ownMetadata(spec: Spec, { target, source }: Surroundings): MigrationMetadata | null {
  const stored = migrationMetadataSchema.safeParse(target?.metadata[metadataKeys.migration]);
  if (!stored.success) return null;
  // After the switch, a source given by its alias resolves to the target itself: the names accepted then are what counts.
  const asGiven = stored.data.spec.source.collection === spec.source.collection;
  const asResolved = stored.data.resolved.source === source?.name;
  return (asGiven || asResolved) &&
    sameWork({ ...stored.data.spec, source: { ...stored.data.spec.source, collection: spec.source.collection } }, spec)
    ? stored.data
    : null;
}

/** Whether two specs make the same target from the same source: how fast, how it is called and when it switches may differ. */
export function sameWork(a: Spec, b: Spec): boolean {
  const work = ({ source, target, vectors, sync }: Spec) => ({
    source: { collection: source.collection, filter: source.filter, textFrom: source.textFrom },
    target,
    vectors,
    hashField: sync.hashField,
  });
  return isDeepStrictEqual(work(a), work(b));
}

/** Where an adopted migration goes on. What was switched is never sent back to copying; everything before is copied again, for free. */
const adoptedAs: Partial<Record<Phase, Phase>> = {
  preparing: 'preparing',
  observing: 'observing',
  'inserting-late': 'observing',
  'rolling-back': 'observing',
  completing: 'observing',
  completed: 'completed',
  'rolled-back': 'rolled-back',
  switching: 'switching',
};

/** Takes over a migration of which only the target's metadata is left. Null where it was cancelled: its target is only in the way. */
async function adopt(deps: CoordinatorDeps, stored: MigrationMetadata, target: CollectionInfo): Promise<Submission | null> {
  const last = phaseMetadataSchema.parse(target.metadata[metadataKeys.phase]);
  if (last.phase === 'cancelled' || last.phase === 'cancelling') return null;
  const owner = await deps.fleet.id();
  const before = last.resumeTo ?? last.phase;
  const phase = (isInPlace(stored.spec) && before === 'completing' ? undefined : adoptedAs[before]) ?? 'copying';
  const migration: Migration = {
    ...(await newMigration(deps, stored.spec, stored.resolved)),
    id: stored.id,
    createdAt: stored.createdAt,
    witness: stored.witness,
    origins: stored.vectors,
    claimed: true,
    phase,
    phaseNumber: last.number + 1,
    epoch: epochAfter(last, phase),
    lateWrites: last.lateWrites,
    overrides: overridesKept(target),
    history: [{ phase, at: isoNow(deps) }],
    // Past the first pass, copy looks up what is stored before it embeds.
    lastPassNumber: last.epoch + 1,
  };
  await deps.collections.patch(target.name, {
    metadata: {
      [metadataKeys.migration]: { ...stored, owner },
      [metadataKeys.phase]: {
        number: migration.phaseNumber,
        phase,
        epoch: migration.epoch,
        resumeTo: null,
        owner,
        at: migration.updatedAt,
        lateWrites: last.lateWrites,
      },
    },
  });
  return store(deps, migration, 'adopted');
}

/** Words against gates outlive a lost Redis. */
function overridesKept({ metadata }: CollectionInfo): Migration['overrides'] {
  const decisions = decisionsMetadataSchema.safeParse(metadata[metadataKeys.decisions]);
  return decisions.success ? decisions.data.overrides : [];
}

/** Takes over the migration that a target's metadata tells of. Throws `not-found` where there is none, `wrong-state` where it was cancelled. */
export async function adoptTarget(deps: CoordinatorDeps, name: string): Promise<Submission> {
  const target = await deps.collections.describe(name);
  const stored = migrationMetadataSchema.safeParse(target?.metadata[metadataKeys.migration]);
  if (target === null || !stored.success)
    throw new ReembedError('not-found', `there is no collection "${name}" that a migration was making; see \`reembed list\``);
  const known = await deps.migrations.load(stored.data.id);
  if (known !== null) return { migration: known, how: 'running' };
  const adopted = await adopt(deps, stored.data, target);
  if (adopted === null)
    throw new ReembedError(
      'wrong-state',
      `migration ${stored.data.id} was cancelled: delete "${name}" if nothing needs it, and submit its spec again`,
    );
  return adopted;
}
