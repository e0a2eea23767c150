import { randomUUID } from 'node:crypto';
import { loadavg } from 'node:os';
import { type Child, startChild } from '../child.ts';
import { markdownTable, type Scenario } from '../harness.ts';
import type { Counted, ProviderTask } from '../processes/provider-stub.ts';

const requestsPerSecond = 10;
const latencyMs = 200;
const warmUpMs = 5_000;
const countForMs = 20_000;

/** What a server that allows so many requests a second gets of them, and how many it has to refuse, by workers that share one budget. */
export const provider: Scenario = {
  name: 'provider',
  summary: `a server of ${latencyMs} ms a request and ${requestsPerSecond} requests a second, asked by 1 to 8 workers that share one budget`,
  async run({ workerEnv, print }) {
    const rows: string[][] = [];
    for (const workers of [1, 2, 4, 8]) {
      const { answered, refused, ms } = await pageLoad(workers, workerEnv, {
        requestsPerSecond,
        textsAPage: 64,
        maxInputs: 64,
        shares: false,
      });
      const perSecond = (answered / ms) * 1_000;
      rows.push([
        String(workers),
        perSecond.toFixed(2),
        (perSecond / requestsPerSecond).toFixed(3),
        `${((100 * refused) / (answered + refused)).toFixed(1)} %`,
        (loadavg()[0] ?? 0).toFixed(1),
      ]);
    }
    for (const line of markdownTable(['workers', 'requests/s answered', 'of the ceiling', 'of all 429', 'load'], rows)) print(line);
  },
};

export type PageLoad = {
  readonly requestsPerSecond: number;
  readonly textsAPage: number;
  readonly maxInputs: number;
  /** Whether pages fill requests together. */
  readonly shares: boolean;
};

/** What a server was asked by so many workers that embed page after page, once they are in their stride. */
export async function pageLoad(
  workers: number,
  env: Readonly<Record<string, string>>,
  { requestsPerSecond, textsAPage, maxInputs, shares }: PageLoad,
): Promise<Counted> {
  await using stack = new AsyncDisposableStack();
  const stub = stack.use(await startChild('provider-stub.ts'));
  const { port } = await told<{ readonly port: number }>(stub, { requestsPerSecond, latencyMs });
  const words = [`http://127.0.0.1:${port}/v1`, `{reembed-bench-${randomUUID()}}`];
  words.push(...[requestsPerSecond, textsAPage, maxInputs, shares].map(String));
  for (const worker of await Promise.all(Array.from({ length: workers }, () => startChild('budget-worker.ts', words, env))))
    stack.use(worker);
  await told<Counted>(stub, { countForMs: warmUpMs });
  return await told<Counted>(stub, { countForMs });
}

async function told<Answer>(child: Child, task: ProviderTask): Promise<Answer> {
  return (await child.measure(task)) as unknown as Answer;
}
