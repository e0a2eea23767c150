import type { EmbedRecipe } from '@reembed/contracts';
import { createOwnBudget, createSeededRandom, embedWhole } from '@reembed/core';
import { createModelCatalogue } from '@reembed/embedders';
import { systemClock } from '@reembed/process';
import { startMeter } from '../measurement.ts';
import { words } from '../source-points.ts';

/** A page of long texts as a worker embeds it, besides what it owes to Redis meanwhile: a job's lock is renewed by a timer. */
export type LongTextTask = { readonly texts: number; readonly chars: number; readonly onLongText: EmbedRecipe['onLongText'] };

const model = process.argv[2] ?? '';
const embedder = createModelCatalogue({ config: { models: {} }, env: { OPENAI_API_KEY: 'unused' } }).embedder(model);
const budget = createOwnBudget(systemClock);
const random = createSeededRandom(7);

async function embed({ texts, chars, onLongText }: LongTextTask) {
  const page = Array.from({ length: texts }, () => textOf(chars));
  const context = { embedder, dimensions: undefined, budget, clock: systemClock, signal: new AbortController().signal };
  const meter = startMeter(texts);
  const blocks = watchBlocks();
  await embedWhole(context, { model, onLongText }, page);
  meter.add(texts);
  return { ...meter.read(), ...blocks.end() };
}

/** The longest time between two turns of the event loop: by the clock, and by what this thread itself worked in it, whoever else has the cores. */
function watchBlocks() {
  let [at, cpu] = [performance.now(), process.threadCpuUsage()];
  const longest = { longestBlockMs: 0, longestWorkMs: 0 };
  const look = () => {
    const { user, system } = process.threadCpuUsage(cpu);
    longest.longestBlockMs = Math.max(longest.longestBlockMs, performance.now() - at);
    longest.longestWorkMs = Math.max(longest.longestWorkMs, (user + system) / 1000);
    [at, cpu] = [performance.now(), process.threadCpuUsage()];
  };
  const timer = setInterval(look, 1);
  return {
    end() {
      clearInterval(timer);
      return longest;
    },
  };
}

function textOf(chars: number): string {
  let text = '';
  while (text.length < chars) text += `${words[Math.floor(random() * words.length)]} `;
  return text.slice(0, chars);
}

process.on('message', (task: LongTextTask) => {
  void embed(task).then((measured) => process.send?.({ measured }));
});
process.once('disconnect', () => void embedder.close());
process.send?.({ ready: true });
