import { markdownTable, type Scenario } from '../harness.ts';
import { pageLoad } from './provider.ts';

const requestsPerSecond = 10;
const textsAPage = 256;

/** How full the requests are of a worker that has twelve pages in hand, and what a limit of requests lets through then. */
export const requests: Scenario = {
  name: 'requests',
  summary: `how full requests are of pages of ${textsAPage} texts, where a provider takes 96 to 2,048 texts and ${requestsPerSecond} requests a second`,
  async run({ workerEnv, print }) {
    const rows: string[][] = [];
    for (const maxInputs of [96, 100, 1_000, 2_048]) {
      const measured = async (shares: boolean) => {
        const { answered, texts, ms } = await pageLoad(1, workerEnv, { requestsPerSecond, textsAPage, maxInputs, shares });
        return { full: texts / answered / maxInputs, perSecond: (texts / ms) * 1_000 };
      };
      const [alone, shared] = [await measured(false), await measured(true)];
      const cells = ({ full, perSecond }: typeof alone) => [full.toFixed(2), perSecond.toFixed(0)];
      rows.push([String(maxInputs), ...cells(alone), ...cells(shared)]);
    }
    const head = ['texts a request may have', 'each page alone: full', 'texts/s', 'shared: full', 'texts/s'];
    for (const line of markdownTable(head, rows)) print(line);
  },
};
