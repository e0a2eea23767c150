import { Readable } from 'node:stream';
import type { Clock } from '@reembed/core';
import type { LiveAnswer } from './live-qdrant.ts';

/** What became of one search that both sides were asked. Times in ms; `agreed`: the share of the first one, and of the first ten, that both found. */
export type ShadowedSearch = {
  readonly migration: string;
  readonly agreedAt1: number;
  readonly agreedAt10: number;
  readonly isEmpty: { readonly old: boolean; readonly new: boolean };
  readonly tookMs: { readonly old: number; readonly new: number };
};

/** What became of one search that one side answered while searches were split. `isEmpty`: null where it was refused. */
export type SplitSearch = {
  readonly migration: string;
  readonly side: 'old' | 'new';
  readonly isEmpty: boolean | null;
  readonly tookMs: number;
};

/** Told what is found out; neither waits nor throws. */
export type SearchWatch = {
  shadowed(search: ShadowedSearch): void;
  /** The new side could not be asked, or was not: there is more to ask than may be asked. */
  notShadowed(why: 'failed' | 'over-budget'): void;
  split(search: SplitSearch): void;
  /** The words that were searched for, where whoever runs it has said that they may be kept. */
  text(words: string): void;
};

export type BothSidesOptions = {
  readonly clock: Clock;
  /** The share of searches that the new side is asked too, and how many a second at most. */
  readonly shadow: { readonly share: number; readonly perSecond: number };
  /** The share of those who search that the new side answers, by the value of this header; who has none is answered by the old one. */
  readonly split: { readonly share: number; readonly header: string };
  readonly watch: SearchWatch;
  /** From 0 to 1. */
  readonly random?: () => number;
};

/** Shadows under way at once: a new side that hangs collects no more. */
const mostUnderWay = 8;

export type BothSides = ReturnType<typeof createBothSides>;

/** Sends a search, with these headers over those that it came with. */
type Ask = (headers?: Readonly<Record<string, string>>) => Promise<LiveAnswer>;

/** What is looked at is asked for as it is: official clients say that they take it compressed, and need not be given it so. */
const plain = { 'accept-encoding': 'identity' };

/** Whole answers in place of streams, so that they can be looked at and still be passed on. */
type Whole = { readonly answer: LiveAnswer; readonly ids: readonly string[] | null; readonly tookMs: number };

export function createBothSides({ clock, shadow, split, watch, random = Math.random }: BothSidesOptions) {
  let [underWay, tokens, filledAt] = [0, shadow.perSecond, clock.monotonicMs()];

  function mayAsk(): boolean {
    const now = clock.monotonicMs();
    tokens = Math.min(shadow.perSecond, tokens + ((now - filledAt) / 1_000) * shadow.perSecond);
    filledAt = now;
    if (tokens < 1 || underWay >= mostUnderWay) return false;
    tokens -= 1;
    return true;
  }

  async function wholeOf(ask: Ask): Promise<Whole> {
    const began = clock.monotonicMs();
    const answer = await ask(plain);
    const chunks: Buffer[] = [];
    for await (const chunk of answer.body as AsyncIterable<Buffer>) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    return {
      answer: { ...answer, body: Readable.from([body]) },
      ids: answer.status < 300 ? idsOf(body) : null,
      tookMs: clock.monotonicMs() - began,
    };
  }

  /** Off the way of the answer: whatever becomes of it, nobody waits for it. */
  async function compare(migration: string, old: Whole, askNew: Ask): Promise<void> {
    underWay += 1;
    try {
      const fresh = await wholeOf(askNew);
      if (old.ids === null || fresh.ids === null) return watch.notShadowed('failed');
      watch.shadowed({
        migration,
        agreedAt1: agreement(old.ids, fresh.ids, 1),
        agreedAt10: agreement(old.ids, fresh.ids, 10),
        isEmpty: { old: old.ids.length === 0, new: fresh.ids.length === 0 },
        tookMs: { old: old.tookMs, new: fresh.tookMs },
      });
    } catch {
      watch.notShadowed('failed');
    } finally {
      underWay -= 1;
    }
  }

  return {
    split,
    text: watch.text,
    isOff: shadow.share === 0 && split.share === 0,
    /** The answer of the old side; now and then the new one is asked the same, afterwards. */
    async shadowed(migration: string, askOld: Ask, askNew: Ask): Promise<LiveAnswer> {
      if (random() >= shadow.share) return askOld();
      if (!mayAsk()) {
        watch.notShadowed('over-budget');
        return askOld();
      }
      const old = await wholeOf(askOld);
      void compare(migration, old, askNew);
      return old.answer;
    },
    /** The answer of the side that whoever asks is led to. */
    async ofSide(migration: string, side: 'old' | 'new', ask: Ask): Promise<LiveAnswer> {
      const { answer, ids, tookMs } = await wholeOf(ask);
      watch.split({ migration, side, isEmpty: ids === null ? null : ids.length === 0, tookMs });
      return { ...answer, side };
    },
  };
}

/** Null where it is not an answer of the kind that lists points, or cannot be read: it is passed on all the same. */
function idsOf(body: Buffer): string[] | null {
  try {
    const said = JSON.parse(body.toString()) as { readonly result?: { readonly points?: readonly { readonly id: unknown }[] } } | null;
    return said?.result?.points?.map(({ id }) => String(id)) ?? null;
  } catch {
    return null;
  }
}

/** The share of the first `k` of either that both have; 1 where neither found anything. */
function agreement(old: readonly string[], fresh: readonly string[], k: number): number {
  const [one, other] = [old.slice(0, k), new Set(fresh.slice(0, k))];
  const most = Math.max(one.length, other.size);
  return most === 0 ? 1 : one.filter((id) => other.has(id)).length / most;
}
