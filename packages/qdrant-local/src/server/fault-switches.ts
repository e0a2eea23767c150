/**
 * What a fault does to a request that it meets.
 * `refuse`: the connection is reset (RST), nothing took effect; `drop-before`: it is closed (FIN) without an answer, nothing took effect;
 * `drop-after`: it took effect, but the answer never arrives; `hang`: it took effect, no answer ever comes and the connection stays open (until the server
 * stops); a status: that answer, nothing took effect; latency: it waits that long, then goes on (to further faults, too).
 */
export type FaultEffect =
  | 'refuse'
  | 'drop-before'
  | 'drop-after'
  | 'hang'
  | { status: number; retryAfterSeconds?: number; body?: string }
  | { latencyMs: number };

/** Which requests a fault meets: all that agree with what is given. A string path is a prefix of the request's path (without query); `bodyIncludes` looks at the body's text. */
export type FaultMatch = { method?: string; path?: RegExp | string; bodyIncludes?: string };

/** `times`: how many requests it meets before it is used up (default: no end); `skip`: how many matching requests pass before the first. */
export type Fault = { match?: FaultMatch; effect: FaultEffect; times?: number; skip?: number };

export type FaultRequest = { method: string; path: string; body: string };

/** The fault switches of a server: none by default. */
export type FaultSwitches = {
  /** Adds a fault behind those already there; the returned function takes it away. */
  add(fault: Fault): () => void;
  clear(): void;
  /** The faults still in force, oldest first, with the number of requests each has met. */
  list(): { fault: Fault; met: number }[];
};

type Entry = { fault: Fault; seen: number; met: number };

/** Switches and the way the server asks them. `next` gives the effects a request meets: every latency in order, then at most one of another kind. */
export type FaultBoard = FaultSwitches & { readonly active: boolean; next(request: FaultRequest): FaultEffect[] };

export function createFaultBoard(): FaultBoard {
  let entries: Entry[] = [];
  return {
    get active() {
      return entries.length > 0;
    },
    add(fault) {
      const entry = { fault, seen: 0, met: 0 };
      entries.push(entry);
      return () => {
        entries = entries.filter((other) => other !== entry);
      };
    },
    clear() {
      entries = [];
    },
    list: () => entries.map(({ fault, met }) => ({ fault, met })),
    next(request) {
      const effects: FaultEffect[] = [];
      for (const entry of entries) {
        if (!meets(entry, request)) continue;
        const { effect } = entry.fault;
        entry.met++;
        effects.push(effect);
        if (!isLatency(effect)) break;
      }
      entries = entries.filter((entry) => entry.met < (entry.fault.times ?? Number.POSITIVE_INFINITY));
      return effects;
    },
  };
}

export function isLatency(effect: FaultEffect): effect is { latencyMs: number } {
  return typeof effect === 'object' && 'latencyMs' in effect;
}

function meets(entry: Entry, request: FaultRequest): boolean {
  const { match = {}, skip = 0 } = entry.fault;
  if (match.method !== undefined && match.method !== request.method) return false;
  if (typeof match.path === 'string' && !request.path.startsWith(match.path)) return false;
  if (match.path instanceof RegExp && !match.path.test(request.path)) return false;
  if (match.bodyIncludes !== undefined && !request.body.includes(match.bodyIncludes)) return false;
  return ++entry.seen > skip;
}
