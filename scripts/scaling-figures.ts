import type { Spec } from '@reembed/contracts';
import { bytes, count, dollars, duration } from '@reembed/core';
import { createModelCatalogue } from '@reembed/embedders';
import { copyTime, type EmbedWork, embedTime, reachedBy, together } from '../packages/core/src/plan/advice/time-range.ts';
import { code, table } from './field-tables.ts';

/** What docs/scaling.md works out, by the planner's own rules and the figures of packages/embedders/models.yaml. */

const sizes = [1e6, 1e8, 1e9];
const tokensPerText = 200;
/** Defaults of a spec. */
const copy: Pick<Spec['copy'], 'rangePoints' | 'pagePoints' | 'streams'> = { rangePoints: 2_000, pagePoints: 256, streams: 4 };
/** Bytes of Redis for a range, and for the hash that a comparison keeps of it, as measured (packages/queue/src/state/range-memory.test.ts). */
const perRange = { bounds: 145, hash: 140 };
const asked = ['openai/text-embedding-3-small', 'openai/text-embedding-3-large', 'cohere/embed-v4.0', 'local/use-lite'];

const catalogue = createModelCatalogue({ config: { models: {} }, env: {} });

export function scalingTables(): Record<string, string> {
  return { models: modelsTable(), redis: redisTable() };
}

function modelsTable(): string {
  const rows = [...asked.flatMap((model) => sizes.map((points) => row(model, points))), ...sizes.map(copiedRow)];
  return table(['model', 'points', 'workers that reach its limit', 'time', 'list price', 'bound by'], rows);
}

function row(model: string, points: number): string[] {
  const facts = catalogue.facts(model);
  const record = catalogue.record(model);
  if (facts === null || record === null) throw new Error(`${model} is not built in any more: choose another for docs/scaling.md`);
  const textsPerRequest = Math.min(copy.pagePoints, facts.limits.maxInputs);
  const work: EmbedWork = {
    model,
    texts: points,
    tokens: points * tokensPerText,
    limits: facts.limits,
    record,
    workers: 1,
    textsPerRequest,
  };
  const local = record.tokensPerSecondPerWorker !== null;
  const [fewest, most] = local ? [localWorkers(points), localWorkers(points)] : reachedBy(work, copy.streams);
  const time = together(embedTime({ ...work, workers: most }), copyTime(points, facts.dimensions ?? record.dimensions));
  const hours = `${duration(time.lowSeconds)} to ${time.highSeconds === null ? '?' : duration(time.highSeconds)}`;
  const price = facts.pricePerMillionTokensUsd === null ? null : ((points * tokensPerText) / 1e6) * facts.pricePerMillionTokensUsd;
  return [
    code(model),
    count(points),
    fewest === most ? count(fewest) : `${count(fewest)} to ${count(most)}`,
    hours,
    dollars(price),
    time.boundBy,
  ];
}

/** Vectors that are kept: nothing is embedded. */
function copiedRow(points: number): string[] {
  const { lowSeconds, highSeconds, boundBy } = copyTime(points, 1_024);
  return [
    `none: 1,024 dimensions ${code('keep')}`,
    count(points),
    '1',
    `${duration(lowSeconds)} to ${duration(highSeconds ?? 0)}`,
    dollars(0),
    boundBy,
  ];
}

/** Models that run in workers have no limit but workers: as many as are done within a week, with a core each. */
function localWorkers(points: number): number {
  const perSecond = catalogue.record('local/use-lite')?.tokensPerSecondPerWorker ?? 1;
  return Math.ceil((points * tokensPerText) / perSecond / (7 * 86_400));
}

function redisTable(): string {
  const rows = sizes.flatMap((points) =>
    [copy.rangePoints, 50_000].map((rangePoints) => {
      const ranges = Math.ceil(points / rangePoints);
      return [
        count(points),
        count(rangePoints),
        count(ranges),
        bytes(ranges * perRange.bounds),
        bytes(ranges * (perRange.bounds + perRange.hash)),
      ];
    }),
  );
  return table(['points', 'copy.rangePoints', 'ranges', 'Redis while it copies', 'Redis while it compares'], rows);
}
