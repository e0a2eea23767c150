import { type Events, isSameWait, type Migration, type Migrations } from '@reembed/core';
import type { Logger } from 'pino';

/** A line of the log. Reasons and errors are those that status shows: they carry no key, vector or text. */
type Line = { readonly level: 'info' | 'warn'; readonly details: object; readonly message: string };

/**
 * The same store, which tells the log of what becomes of a migration: every change of a document is a compare-and-set, so of all coordinators
 * exactly the one that made it says so, once. What only counts on changes nothing that is told.
 */
export function logMigrations(migrations: Migrations, log: Logger): Migrations {
  const tell = (before: Migration | null, after: Migration) => {
    for (const { level, details, message } of linesOf(before, after)) log[level]({ migration: after.id, ...details }, message);
  };
  return {
    ...migrations,
    async insert(migration, idempotency) {
      const result = await migrations.insert(migration, idempotency);
      if (result.kind === 'inserted') tell(null, migration);
      return result;
    },
    async update(id, change) {
      let before: Migration | null = null;
      const after = await migrations.update(id, (now) => {
        before = now;
        return change(now);
      });
      if (after !== null) tell(before, after);
      return after;
    },
  };
}

/** The same events; what a stage has to say in words is said to the log too. */
export function logEvents(events: Events, log: Logger): Events {
  return {
    ...events,
    async publish(id, event) {
      await events.publish(id, event);
      if (event.type === 'note') log.info({ migration: id }, event.message);
    },
  };
}

function linesOf(before: Migration | null, after: Migration): Line[] {
  return [
    ...waitEnded(before, after),
    ...stands(before, after),
    ...failed(before, after),
    ...words(before, after),
    ...waits(before, after),
  ];
}

/** Made, taken over, or in another phase. */
function stands(before: Migration | null, after: Migration): Line[] {
  const { id, phase, phaseNumber: number, owner, claimed, resolved, spec } = after;
  const { collection } = spec.target;
  const details = { phase, number };
  if (before === null && !claimed) {
    return [info({ ...details, name: spec.name }, `migration ${id} begins: "${resolved.source}" to "${collection}"`)];
  }
  if (before === null) return [info({ ...details, owner }, `migration ${id} is taken over from what "${collection}" says: ${phase}`)];
  if (before.owner !== owner) {
    return [info({ ...details, owner, from: before.owner }, `migration ${id} is taken over from fleet ${before.owner}: ${phase}`)];
  }
  return before.phaseNumber === number ? [] : [info({ ...details, from: before.phase }, `migration ${id} is ${phase}`)];
}

function failed(before: Migration | null, { id, error }: Migration): Line[] {
  if (error === null || (before?.error?.code === error.code && before.error.message === error.message)) return [];
  return [{ level: 'warn', details: { code: error.code }, message: `migration ${id} could not go on: ${error.message}` }];
}

/** Words against gates. */
function words(before: Migration | null, { id, overrides }: Migration): Line[] {
  return overrides
    .slice(before?.overrides.length ?? 0)
    .map(({ gate, verdict, by, reason }) =>
      info({ gate, verdict, by, reason }, `migration ${id} goes over the ${gate} gate (${verdict}) on the word of ${by}`),
    );
}

function waitEnded(before: Migration | null, after: Migration): Line[] {
  if (!before?.waiting || sameWait(before, after)) return [];
  const { reason, since } = before.waiting;
  return [info({ reason, since }, `migration ${after.id} no longer waits: ${reason}`)];
}

function waits(before: Migration | null, after: Migration): Line[] {
  if (after.waiting === null || sameWait(before, after)) return [];
  const { reason, since } = after.waiting;
  return [info({ reason, since }, `migration ${after.id} waits: ${reason}`)];
}

function sameWait(before: Migration | null, after: Migration): boolean {
  return before?.waiting != null && after.waiting !== null && isSameWait(before.waiting.reason, after.waiting.reason);
}

function info(details: object, message: string): Line {
  return { level: 'info', details, message };
}
