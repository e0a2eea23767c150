import { createSharedRequests, embedTexts } from '@reembed/core';
import { createModelCatalogue } from '@reembed/embedders';
import { systemClock } from '@reembed/process';
import { connectRedis, createState } from '@reembed/queue';

/** A worker that does nothing but embed pages, as many at once as one has in hand, within the budget that it shares. */
const [baseUrl = '', prefix = '', requestsPerSecond = '', textsAPage = '', maxInputs = '', shares = ''] = process.argv.slice(2);

/** Four ranges of three pages each. */
const pagesAtOnce = 12;

const limits = { maxInputs: Number(maxInputs), maxInputTokens: null, requestsPerMinute: Number(requestsPerSecond) * 60 };
const entry = { provider: 'openai', baseUrl, dimensions: 8, documentPrefix: '', queryPrefix: '', limits };
const catalogue = createModelCatalogue({ config: { models: { 'bench/stub': entry } }, env: {} });
const redis = await connectRedis({ url: process.env.REDIS_URL ?? '' });
const { rateBudget: budget } = createState({ redis, prefix, limitsOf: (model) => catalogue.facts(model)?.limits ?? null });
const embedder = catalogue.embedder('bench/stub');
const stop = new AbortController();
const shared = shares === 'true' ? createSharedRequests() : undefined;
const context = { embedder, dimensions: undefined, budget, clock: systemClock, signal: stop.signal, shared };
let page = 0;

async function embedPages(): Promise<void> {
  while (!stop.signal.aborted) {
    page += 1;
    await embedTexts(
      context,
      Array.from({ length: Number(textsAPage) }, (_, n) => `text ${n} of page ${page} of ${process.pid}`),
    );
  }
}

process.once('SIGTERM', () => process.exit());
process.once('disconnect', () => process.exit());
for (let at = 0; at < pagesAtOnce; at++) void embedPages();
process.send?.({ ready: true });
