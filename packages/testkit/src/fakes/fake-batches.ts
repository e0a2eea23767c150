import type { Batch, Batches, BatchOrder } from '@reembed/core';

type Made = Batch & { readonly order: BatchOrder };

export type FakeBatches = Batches & {
  /** Every batch that was sent, and those of them that were ended. */
  readonly made: Made[];
  readonly ended: string[];
  /** All that are under way have ended, but for the texts that `leavesOut` names. */
  finish(leavesOut?: (text: string) => boolean): void;
  /** The next batch is not taken. */
  refuseNext(state: 'full' | 'refused'): void;
};

/** A batch road in memory; `vectorOf` makes its vectors, `now` says when, in ms since 1970. A token a text. */
export function createFakeBatches(vectorOf: (text: string) => readonly number[], now: () => number): FakeBatches {
  const made: Made[] = [];
  const ended: string[] = [];
  let next: Batch['state'] = 'under-way';
  let leftOut = (_: string) => false;
  return {
    made,
    ended,
    limits: { texts: 50_000, bytes: 1e6 },
    finish(leavesOut = () => false) {
      leftOut = leavesOut;
      made.forEach((batch, at) => {
        if (batch.state === 'under-way') made[at] = { ...batch, state: 'ended' };
      });
    },
    refuseNext(state) {
      next = state;
    },
    list: async () => made,
    async send(_, order) {
      const batch = { ...order, id: `batch-${made.length}`, createdAt: now(), state: next, words: 'as it was told', order };
      next = 'under-way';
      made.push(batch);
      return batch;
    },
    async read({ id }) {
      const texts = [...(made.find((batch) => batch.id === id)?.order.texts ?? [])].filter(([, text]) => !leftOut(text));
      return { vectors: new Map(texts.map(([name, text]) => [name, Float32Array.from(vectorOf(text))])), tokens: texts.length };
    },
    async end({ id }) {
      ended.push(id);
    },
    endAll: async () => 0,
  };
}
