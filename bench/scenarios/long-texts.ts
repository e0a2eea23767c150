import { startChild } from '../child.ts';
import { markdownTable, type Scenario } from '../harness.ts';
import type { Measurement } from '../measurement.ts';
import type { LongTextTask } from '../processes/long-text-worker.ts';

const model = 'local/use-lite';
const tasks: readonly LongTextTask[] = [
  { texts: 232, chars: 4_000, onLongText: 'split-mean' },
  { texts: 8, chars: 400_000, onLongText: 'truncate' },
];

type Measured = Measurement & { readonly longestBlockMs: number; readonly longestWorkMs: number };

/** A worker that is blocked for the 30 seconds of a job's lock loses it; its timers have to come through all along. */
export const longTexts: Scenario = {
  name: 'long-texts',
  summary: `a page of long texts by ${model}: the longest block of the event loop while they are counted, cut and embedded`,
  async run({ print }) {
    const rows: string[][] = [];
    for (const task of tasks) {
      await using child = await startChild('long-text-worker.ts', [model]);
      await child.measure({ texts: 1, chars: 100, onLongText: 'truncate' } satisfies LongTextTask);
      const { ms, longestBlockMs, longestWorkMs } = (await child.measure(task)) as Measured;
      rows.push([
        String(task.texts),
        String(task.chars),
        task.onLongText,
        (ms / 1000).toFixed(1),
        longestBlockMs.toFixed(1),
        longestWorkMs.toFixed(1),
      ]);
    }
    for (const line of markdownTable(['texts', 'characters each', 'onLongText', 'seconds', 'longest block, ms', 'of it work, ms'], rows))
      print(line);
  },
};
