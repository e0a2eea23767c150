import type { Phase } from '@reembed/contracts';
import type { Random } from './random.ts';

/** What may befall a single call of a port. */
export const callFaults = ['slow', 'fail', 'lose-reply', 'crash-before', 'crash-after', 'sleep-before', 'sleep-after'] as const;
/** What may befall a server, at the moment of a call. */
export const serverFaults = ['qdrant-away', 'redis-away', 'redis-emptied', 'redis-aged', 'clock-jump'] as const;
export type FaultKind = (typeof callFaults)[number] | (typeof serverFaults)[number];

/** `call`: the number of the call it befalls; `ms`: how long it lasts, where it lasts. */
export type Fault = { readonly call: number; readonly kind: FaultKind; readonly ms: number };

/** Decides what befalls each call, in the order of the calls. What has befallen is kept, so that the same can be done again, or less of it. */
export type Faults = { next(server: string, method: string): Fault | null; readonly befallen: readonly Fault[]; stop(): void };

const longest: Readonly<Partial<Record<FaultKind, number>>> = {
  slow: 900,
  'sleep-before': 30_000,
  'sleep-after': 30_000,
  'crash-before': 5_000,
  'crash-after': 5_000,
  'qdrant-away': 20_000,
  'redis-away': 20_000,
  'clock-jump': 7_200_000,
};

/** Acts after which nothing is as before: what happens around them is worth more tries. */
const acts: ReadonlySet<string> = new Set(['pointAlias', 'dropAlias', 'drop', 'create', 'patch', 'hold', 'release', 'remove']);

/** Calls of these methods meet one of these kinds with this chance, besides what any call meets. */
export type Likely = {
  readonly methods: readonly string[];
  readonly kinds: readonly FaultKind[];
  readonly chance: number;
  /** While the migration is in one of these phases; always, unless given. */
  readonly during?: readonly Phase[];
  /** From and to how many ms it lasts, where that matters. */
  readonly lasts?: readonly [number, number];
};

/** What is drawn from: any kind for any call, with a chance of `share`, and likely ones. */
export type FaultOdds = { readonly kinds: readonly FaultKind[]; readonly share: number; readonly likely: readonly Likely[] };

/** Drawn at random: each call meets one of the kinds with a chance of `share`, acts with one of five times as much. */
export function drawFaults(random: Random, { kinds, share, likely }: FaultOdds, phase: () => Phase | undefined): Faults {
  const befallen: Fault[] = [];
  let call = 0;
  let stopped = kinds.length === 0 && likely.length === 0;
  return {
    befallen,
    next(server, method) {
      call++;
      if (stopped) return null;
      const drawn = likelyFault(method, server) ?? anyFault(method);
      if (drawn === null || !fits(drawn.kind, server)) return null;
      const fault = { call, ...drawn };
      befallen.push(fault);
      return fault;
    },
    stop() {
      stopped = true;
    },
  };

  function likelyFault(method: string, server: string): Omit<Fault, 'call'> | null {
    if (server === 'application') return null;
    const now = phase();
    const isDue = ({ during }: Likely) => during === undefined || (now !== undefined && during.includes(now));
    const found = likely.find((one) => one.methods.includes(method) && isDue(one) && random.chance(one.chance));
    return found === undefined ? null : lastingFault(random, random.pick(found.kinds), found.lasts);
  }

  function anyFault(method: string): Omit<Fault, 'call'> | null {
    if (kinds.length === 0 || !random.chance(acts.has(method) ? share * 5 : share)) return null;
    const kind = random.pick(kinds);
    // Servers go down more rarely than calls.
    return isOfServer(kind) && !random.chance(0.25) ? null : lastingFault(random, kind);
  }
}

function lastingFault(random: Random, kind: FaultKind, lasts?: Likely['lasts']): Omit<Fault, 'call'> {
  return { kind, ms: lasts === undefined ? lasting(random, longest[kind] ?? 0) : random.between(...lasts) };
}

const isOfServer = (kind: FaultKind) => serverFaults.some((name) => name === kind);

/** Those given, and no others. */
export function givenFaults(given: readonly Fault[]): Faults {
  const byCall = new Map(given.map((fault) => [fault.call, fault]));
  let call = 0;
  let stopped = false;
  return {
    befallen: given,
    next() {
      call++;
      return stopped ? null : (byCall.get(call) ?? null);
    },
    stop() {
      stopped = true;
    },
  };
}

/** As often short as long, whatever "long" is. */
function lasting(random: Random, most: number): number {
  return most === 0 ? 0 : Math.ceil(most ** random.next());
}

/** An application and its freeze hook are no process of ours: they do not crash here. */
function fits(kind: FaultKind, server: string): boolean {
  return server !== 'application' || kind === 'slow' || kind === 'lose-reply' || kind === 'fail';
}
