export type SlotQueue = { readonly id: string; readonly streams: number; readonly busy: boolean };

/**
 * How many jobs each queue may fetch at once when together they may run `slots`. Queues that have work share evenly, each up to its own
 * `streams`; one that is idle keeps a single slot, to notice when work arrives. Where there are more queues than slots every one still
 * gets one, and the gate that jobs pass decides who runs.
 */
export function shareSlots(slots: number, queues: readonly SlotQueue[]): Map<string, number> {
  const shares = new Map(queues.map((queue) => [queue.id, 1]));
  const hungry = queues.filter((queue) => queue.busy || queues.length === 1);
  let left = slots - hungry.length;
  for (let given = true; left > 0 && given; ) {
    given = false;
    for (const { id, streams } of hungry) {
      const share = shares.get(id) ?? 1;
      if (left === 0 || share >= streams) continue;
      shares.set(id, share + 1);
      left--;
      given = true;
    }
  }
  return shares;
}
