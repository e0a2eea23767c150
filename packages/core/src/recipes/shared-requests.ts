import type { Clock, Fits } from '../ports/fleet.ts';
import { type CountedText, cutBatches, type EmbedContext, type EmbeddedText, embedBatch, inputLimit } from './embed-texts.ts';

/**
 * How long a text waits for others to fill its request, in ms: half as long as the last request had to wait for its passage, for where they queue a request less is worth more than
 * a moment; within these.
 */
const [leastLingerMs, mostLingerMs] = [20, 500];

/** `texts` and `tokens`: sent and paid on behalf of this page. A text that two pages have is sent for the first of them. */
export type SharedAnswer = { readonly results: ReadonlyMap<string, EmbeddedText>; readonly texts: number; readonly tokens: number };

/** Requests that the pages of one migration fill together. */
export type SharedRequests = {
  /**
   * Embeds different texts along with those of other pages. Each page has its own answer: a text that is refused is refused to those that have it, whoever stops
   * leaves the others theirs (and throws its signal's reason), and what a request as a whole fails with all of its pages throw.
   */
  embed(context: EmbedContext, texts: readonly CountedText[], fits: Fits): Promise<SharedAnswer>;
};

type Page = {
  readonly context: EmbedContext;
  readonly fits: Fits;
  readonly wanted: number;
  readonly results: Map<string, EmbeddedText>;
  readonly answer: PromiseWithResolvers<void>;
  texts: number;
  tokens: number;
};

/** A text, and the pages that wait for it: the first pays. */
type Entry = CountedText & { pages: readonly Page[]; isSent: boolean };

type Request = { readonly entries: readonly Entry[]; readonly stop: AbortController };

/**
 * A request goes as soon as it is full. One that is not goes at once where none is under way, and else with the end of that or after a moment: whoever is alone
 * waits for nobody, and the longer the queue before the provider, the fuller the requests. A text that is under way is not sent again: a range that failed and
 * comes back finds its own where others kept it going.
 */
export function createSharedRequests(): SharedRequests {
  const open = new Map<string, Entry>();
  const underWay = new Set<Request>();
  let isLingering = false;
  let heldMs = 0;

  function go(isLate = false): void {
    const waiting = [...open.values()].filter(({ isSent }) => !isSent);
    const [first] = pagesOf(waiting);
    if (first === undefined) return;
    const { context, fits } = first;
    const batches = cutBatches(context.embedder, waiting, fits);
    const last = batches.at(-1);
    for (const batch of batches) {
      const isOpen = batch === last && batch.length < inputLimit(context.embedder, fits);
      if (isOpen && underWay.size > 0 && !isLate) linger(context.clock);
      else void send(batch);
    }
  }

  function linger(clock: Clock): void {
    if (isLingering) return;
    isLingering = true;
    void clock.sleep(Math.min(mostLingerMs, Math.max(leastLingerMs, heldMs / 2))).then(() => {
      isLingering = false;
      go(true);
    });
  }

  /** One request for all of them, within what the first page may use. Its pages are told what it came to. */
  async function send(entries: readonly Entry[]): Promise<void> {
    const [first] = pagesOf(entries);
    if (first === undefined) return;
    const request = { entries, stop: new AbortController() };
    underWay.add(request);
    for (const entry of entries) entry.isSent = true;
    const noteHeld = (ms: number) => {
      heldMs = ms;
    };
    const results = new Map<string, EmbeddedText>();
    const texts = entries.map(({ text }) => text);
    try {
      const tokens = await embedBatch({ ...timingHolds(first.context, noteHeld), signal: request.stop.signal }, texts, results);
      charge(entries, results, tokens);
      deliver(entries, results);
    } catch (error) {
      for (const { answer } of pagesOf(entries)) answer.reject(error);
    }
    forget(request);
    go();
  }

  function forget(request: Request): void {
    if (!underWay.delete(request)) return;
    for (const { text } of request.entries) open.delete(text);
  }

  /** A request that nobody waits for any more is stopped. */
  function leave(page: Page): void {
    for (const entry of open.values()) {
      entry.pages = entry.pages.filter((other) => other !== page);
      if (entry.pages.length === 0 && !entry.isSent) open.delete(entry.text);
    }
    for (const request of underWay) {
      if (pagesOf(request.entries).length > 0) continue;
      forget(request);
      request.stop.abort(new Error('nobody waits for it any more'));
    }
  }

  return {
    async embed(context, texts, fits) {
      context.signal.throwIfAborted();
      const answer = Promise.withResolvers<void>();
      const page: Page = { context, fits, wanted: texts.length, results: new Map(), answer, texts: 0, tokens: 0 };
      for (const one of texts) {
        const entry = open.get(one.text) ?? { ...one, pages: [], isSent: false };
        entry.pages = [...entry.pages, page];
        open.set(one.text, entry);
      }
      const ended = new AbortController();
      context.signal.addEventListener('abort', () => answer.reject(context.signal.reason), { signal: ended.signal });
      go();
      try {
        await answer.promise;
        return page;
      } finally {
        ended.abort();
        leave(page);
      }
    },
  };
}

/** Each once, in the order in which they came. */
function pagesOf(entries: readonly Entry[]): readonly Page[] {
  return [...new Set(entries.flatMap(({ pages }) => pages))];
}

/** The same context, which tells how long each request waits for its passage. */
function timingHolds(context: EmbedContext, noteHeld: (ms: number) => void): EmbedContext {
  const { budget, clock } = context;
  return {
    ...context,
    budget: {
      ...budget,
      async pass(...asked) {
        const began = clock.monotonicMs();
        const passage = await budget.pass(...asked);
        noteHeld(clock.monotonicMs() - began);
        return passage;
      },
    },
  };
}

/** What the provider billed is shared out by length, to the last token, among those that still wait: what it was paid for whoever has left, one of them counts. */
function charge(batch: readonly Entry[], results: ReadonlyMap<string, EmbeddedText>, tokens: number): void {
  const lengthOf = ({ text }: Entry) => ('vector' in (results.get(text) ?? {}) ? text.length : 0);
  const whole = batch.reduce((sum, entry) => sum + lengthOf(entry), 0);
  const [anyone] = pagesOf(batch);
  let length = 0;
  let charged = 0;
  for (const entry of batch) {
    const [payer = anyone] = entry.pages;
    if (payer === undefined) continue;
    length += lengthOf(entry);
    const upToHere = whole === 0 ? 0 : Math.round((tokens * length) / whole);
    payer.texts += 1;
    payer.tokens += upToHere - charged;
    charged = upToHere;
  }
}

function deliver(batch: readonly Entry[], results: ReadonlyMap<string, EmbeddedText>): void {
  for (const { text, pages } of batch)
    for (const page of pages) {
      const result = results.get(text);
      if (result === undefined) throw new Error('a text has no embedding result');
      page.results.set(text, result);
      if (page.results.size === page.wanted) page.answer.resolve();
    }
}
