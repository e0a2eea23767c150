import { findingKinds, type PointId, type Range } from '@reembed/contracts';
import {
  type Clock,
  comparePointIds,
  type Listed,
  longestLookMs,
  maxListed,
  type PassSummary,
  type RangeDelta,
  type Ranges,
} from '@reembed/core';
import type { FakeMemory } from './fake-memory.ts';

type Held = { next: PointId | null; points: number; attempts: number; holder: string };
type Found = PassSummary['findings'][number];
type PassState = {
  readonly listed: Listed[];
  readonly hashes: Map<number, string>;
  readonly open: Map<number, Held>;
  readonly closed: Set<number>;
  readonly found: Map<string, Found>;
  failures: PassSummary['failures'];
  fatal: PassSummary['fatal'];
  done: number;
  failed: number;
  points: number;
  refused: number;
  differing: number;
  workedMs: number;
  notedAt: number | null;
  latestChange: number | null;
};
/** `ranges`: null where the bounds were forgotten. */
type Known = {
  ranges: (Range | null)[];
  shed: boolean;
  cursor: PointId | null;
  done: boolean;
  passes: Map<number, PassState>;
  claimedPass: number;
};

const nothingSpent = { texts: 0, tokens: 0, batchTokens: 0, kept: 0 };

/** Ranges in memory, timed by the clock. */
export function createFakeRanges(clock: Pick<Clock, 'monotonicMs'>, memory: FakeMemory): Ranges {
  const migrations = memory.map<Known>('ranges');
  const hot = memory.map<readonly PointId[]>('hot');
  const spentBy = memory.map<Awaited<ReturnType<Ranges['spent']>>>('spent');
  const known = (id: string): Known => {
    const found = migrations.get(id) ?? { ranges: [], shed: false, cursor: null, done: false, passes: new Map(), claimedPass: 0 };
    migrations.set(id, found);
    return found;
  };
  const passOf = (id: string, pass: number): PassState => {
    const { passes } = known(id);
    const found = passes.get(pass) ?? newPass();
    passes.set(pass, found);
    return found;
  };
  const mine = (id: string, pass: number, seq: number, holder: string): Held | null => {
    const held = passOf(id, pass).open.get(seq);
    return held?.holder === holder ? held : null;
  };
  const add = (id: string, pass: number, delta: RangeDelta) => {
    const state = passOf(id, pass);
    state.points += delta.points;
    state.refused += delta.refused ?? 0;
    state.differing += delta.differing ?? 0;
    if (delta.latestChange !== undefined) state.latestChange = Math.max(state.latestChange ?? delta.latestChange, delta.latestChange);
    const { texts, tokens, batchTokens, kept } = spentBy.get(id) ?? nothingSpent;
    spentBy.set(id, {
      texts: texts + (delta.texts ?? 0),
      tokens: tokens + (delta.tokens ?? 0),
      batchTokens: batchTokens + (delta.batchTokens ?? 0),
      kept: kept + (delta.kept ?? 0),
    });
    state.listed.push(...(delta.listed ?? []).slice(0, maxListed - state.listed.length));
    for (const { kind, id: point } of delta.findings ?? []) {
      const { count, ids } = state.found.get(kind) ?? { count: 0, ids: [] };
      state.found.set(kind, { kind, count: count + 1, ids: ids.length < 100 ? [...ids, point] : ids });
    }
  };
  const close = (id: string, pass: number, seq: number) => {
    passOf(id, pass).open.delete(seq);
    passOf(id, pass).closed.add(seq);
  };

  return {
    async split(id) {
      const { ranges, shed, cursor, done } = known(id);
      if (shed) return { nextSeq: 0, cursor: null, done: false };
      return { nextSeq: ranges.length, cursor, done };
    },
    async append(id, expectedSeq, ranges, split) {
      const found = known(id);
      const before = found.shed ? [] : found.ranges;
      if (before.length !== expectedSeq) return false;
      Object.assign(found, { ...split, ranges: [...before, ...ranges], shed: false });
      return true;
    },
    async open(id, pass, from, limit) {
      const { closed } = passOf(id, pass);
      const { ranges, shed } = known(id);
      return (shed ? [] : ranges)
        .map((_, seq) => seq)
        .filter((seq) => seq >= from && !closed.has(seq))
        .slice(0, limit);
    },
    async claim(id, pass, seq, holder) {
      const { open, closed } = passOf(id, pass);
      const of = known(id);
      of.claimedPass = Math.max(of.claimedPass, pass);
      const range = of.ranges[seq];
      if (!range || closed.has(seq)) return null;
      const before = open.get(seq);
      const { next, points, attempts } = before ?? { next: null, points: 0, attempts: 0 };
      open.set(seq, { next, points, attempts, holder });
      return { ...range, next, points, attempts, takenOver: before !== undefined };
    },
    async checkpoint(id, pass, seq, holder, next, delta) {
      const held = mine(id, pass, seq, holder);
      if (held === null) return false;
      if (JSON.stringify(held.next) === JSON.stringify(next)) return true;
      add(id, pass, delta);
      passOf(id, pass).open.set(seq, { next, points: held.points + delta.points, attempts: 0, holder });
      return true;
    },
    async finish(id, pass, seq, holder, delta) {
      if (mine(id, pass, seq, holder) === null) return false;
      add(id, pass, delta);
      if (delta.hash !== undefined) passOf(id, pass).hashes.set(seq, delta.hash);
      passOf(id, pass).done++;
      close(id, pass, seq);
      return true;
    },
    async divide(id, pass, seq, holder, { bounds, done }, delta) {
      const of = known(id);
      const range = of.ranges[seq];
      if (mine(id, pass, seq, holder) === null || of.claimedPass > pass || !range) return false;
      add(id, pass, delta);
      const first = of.ranges.length;
      const fresh = bounds.map((start, at) => ({ seq: first + at, start, end: bounds[at + 1] ?? range.end }));
      of.ranges[seq] = { ...range, end: bounds[0] ?? range.end };
      of.ranges.push(...fresh);
      for (const part of [seq, ...fresh.map((one) => one.seq)].slice(0, done)) close(id, pass, part);
      passOf(id, pass).done += done;
      return true;
    },
    async noteAttempt(id, pass, seq, holder) {
      const held = mine(id, pass, seq, holder);
      return held === null ? 0 : ++held.attempts;
    },
    async giveUp(id, pass, seq, holder, error) {
      if (mine(id, pass, seq, holder) === null) return false;
      const state = passOf(id, pass);
      if (state.closed.has(seq)) return true;
      state.failed++;
      state.failures = [...state.failures, { seq, ...error }].slice(-100);
      state.closed.add(seq);
      return true;
    },
    async tryAgain(id, pass) {
      const state = passOf(id, pass);
      for (const [seq, held] of state.open) if (state.closed.delete(seq)) held.attempts = 0;
      Object.assign(state, { fatal: null, failed: 0, failures: [] });
    },
    async reportFatal(id, pass, error) {
      passOf(id, pass).fatal ??= error;
    },
    async noteWork(id, pass) {
      const state = passOf(id, pass);
      const now = clock.monotonicMs();
      state.workedMs += Math.min(longestLookMs, now - (state.notedAt ?? now));
      state.notedAt = now;
    },
    async summary(id, pass) {
      const { done, failed, points, refused, workedMs, differing, latestChange, fatal, failures, found } = passOf(id, pass);
      const { ranges, done: splitDone } = known(id);
      const findings = findingKinds.flatMap((kind) => found.get(kind) ?? []);
      return {
        total: ranges.length,
        done,
        failed,
        splitDone,
        points,
        refused,
        workedMs,
        findings,
        differing: String(differing),
        latestChange,
        fatal,
        failures,
      };
    },
    listed: async (id, pass, from, limit) => passOf(id, pass).listed.slice(from, from + limit),
    hashOf: async (id, pass, seq) => passOf(id, pass).hashes.get(seq) ?? null,
    spent: async (id) => spentBy.get(id) ?? nothingSpent,
    async forgetPasses(id, before, except) {
      const { passes } = known(id);
      for (const pass of passes.keys()) if (pass < before && !except.includes(pass)) passes.delete(pass);
    },
    async keepHot(id, points) {
      hot.set(id, points.toSorted(comparePointIds));
    },
    async hotWithin(id, { start, end }) {
      const within = (point: PointId) =>
        (start === null || comparePointIds(point, start) >= 0) && (end === null || comparePointIds(point, end) < 0);
      return hot.get(id)?.filter(within) ?? null;
    },
    async shed(id) {
      hot.delete(id);
      const found = known(id);
      const { ranges, passes } = found;
      found.shed = ranges.length > 0;
      ranges.fill(null);
      for (const state of passes.values()) for (const kept of [state.open, state.closed, state.hashes]) kept.clear();
    },
  };
}

function newPass(): PassState {
  return {
    open: new Map(),
    closed: new Set(),
    found: new Map(),
    listed: [],
    hashes: new Map(),
    failures: [],
    fatal: null,
    done: 0,
    failed: 0,
    points: 0,
    refused: 0,
    differing: 0,
    workedMs: 0,
    notedAt: null,
    latestChange: null,
  };
}
