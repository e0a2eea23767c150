import type { Migration, RangeOutcome, Ranges, RateBudget, SetAside } from '@reembed/core';
import type { Log } from '@reembed/queue';
import type { Waits } from './waits.ts';

/** `Qdrant is away [qdrant-unreachable]`. */
export function inWords({ code, message }: Extract<RangeOutcome, { kind: 'again' }>['why']): string {
  return `${message} [${code}]`;
}

/** The same ranges; one that is given up, and what stops a whole migration, is told. */
export function logRanges<Store extends Pick<Ranges, 'giveUp' | 'reportFatal'>>(ranges: Store, log: Log): Store {
  return {
    ...ranges,
    async giveUp(migration, pass, seq, holder, error) {
      const held = await ranges.giveUp(migration, pass, seq, holder, error);
      if (held)
        log.warn({ migration, pass, seq, code: error.code }, `range ${seq} of migration ${migration} is given up: ${error.message}`);
      return held;
    },
    async reportFatal(migration, pass, error) {
      await ranges.reportFatal(migration, pass, error);
      log.warn({ migration, pass, code: error.code }, `migration ${migration} cannot go on: ${error.message}`);
    },
  };
}

/** The same store; the first point that is set aside for a reason is told, the rest is counted by status. */
export function logSetAside(setAside: SetAside, log: Log): SetAside {
  const told = new Set<string>();
  return {
    ...setAside,
    async put(migration, entries) {
      await setAside.put(migration, entries);
      for (const { code, reason } of entries) {
        if (told.has(`${migration} ${code}`)) continue;
        told.add(`${migration} ${code}`);
        log.warn({ migration, code }, `migration ${migration} sets points aside, the first: ${reason}`);
      }
    },
  };
}

/** The same budget; that a provider holds the fleet back is a wait, until its requests pass again. */
export function logBudget<Budget extends RateBudget>(budget: Budget, waits: Waits): Budget {
  return {
    ...budget,
    async pass(model, need, signal) {
      const passage = await budget.pass(model, need, signal);
      waits.gotOn(model);
      return passage;
    },
    async coolDown(model, ms, why) {
      await budget.coolDown(model, ms, why);
      waits.met(model, 'held', why);
    },
  };
}

/** Tells which phase this process works in, and what puts its ranges back. */
export function createWorkLog(log: Log, waits: Waits) {
  const phases = new Map<string, number>();
  return {
    /** Work on a range begins. */
    begins({ id, phase, phaseNumber, pass }: Migration): void {
      if (phases.get(id) === phaseNumber) return;
      waits.close(id);
      phases.set(id, phaseNumber);
      log.info({ migration: id, phase, number: phaseNumber, pass: pass?.kind }, `works on migration ${id}: ${phase}`);
    },
    /** Work on a range has ended. */
    ended(id: string, outcome: RangeOutcome): void {
      if (outcome.kind === 'done') waits.gotOn(id);
      if (outcome.kind === 'again') waits.met(id, outcome.why.code, inWords(outcome.why));
    },
  };
}
