/**
 * Virtual time: events in the order of their moment, then of their making. An event that `wakes` resumes code under test; whatever that
 * code does until it waits for the next event is done before the next event. So the same decisions give the same history.
 */
export type Scheduler = {
  /** In ms since the beginning. */
  now(): number;
  after(ms: number, event: () => void, kind?: 'acts' | 'wakes'): void;
  /** Until `done` says so, nothing is left to come, or so many ms or events have passed. */
  run(done: () => boolean, limits: { readonly untilMs: number; readonly events: number }): Promise<'done' | 'idle' | 'time' | 'events'>;
};

type Event = { readonly at: number; readonly order: number; readonly event: () => void; readonly wakes: boolean };

export function createScheduler(): Scheduler {
  const heap: Event[] = [];
  let now = 0;
  let made = 0;
  return {
    now: () => now,
    after(ms, event, kind = 'acts') {
      push(heap, { at: now + Math.max(0, ms), order: made++, event, wakes: kind === 'wakes' });
    },
    async run(done, { untilMs, events }) {
      for (let count = 0; ; count++) {
        if (done()) return 'done';
        const next = heap[0];
        if (next === undefined) return 'idle';
        if (next.at > untilMs) return 'time';
        if (count >= events) return 'events';
        pop(heap);
        now = next.at;
        next.event();
        if (next.wakes) await quiescence();
      }
    },
  };
}

/** Everything asynchronous in core waits for events of this scheduler alone: once all promises that can go on have gone on, it is still. */
function quiescence(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

const isBefore = (a: Event, b: Event) => a.at < b.at || (a.at === b.at && a.order < b.order);

function push(heap: Event[], event: Event): void {
  let at = heap.length;
  heap.push(event);
  for (let parent = (at - 1) >> 1; at > 0; parent = (at - 1) >> 1) {
    const above = heap[parent];
    if (above === undefined || isBefore(above, event)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const [left, right] = [heap[2 * at + 1], heap[2 * at + 2]];
    if (left === undefined) break;
    const [child, to] = right !== undefined && isBefore(right, left) ? [right, 2 * at + 2] : [left, 2 * at + 1];
    if (isBefore(last, child)) break;
    heap[at] = child;
    at = to;
  }
  heap[at] = last;
}
