import { type Compared, isEstimated, type TimeRange, type Trial, type Tried } from '@reembed/contracts';
import { reembed, signed } from '@reembed/core';
import { bytes, count, dollars, duration, table, wrapped } from './format.ts';

/** A trial for people: the verdicts first, the next command last. `files`: of the candidates, in their order; empty: some have none. */
export function renderTrial(trial: Trial, files: readonly string[]): string {
  const { candidates, sample, queries, spent, kept, budgetUsd, collection, id } = trial;
  const asked = queries.basis === 'labels' ? 'labelled queries' : 'queries made of documents';
  const best = bestOf(candidates);
  const file = best === null ? undefined : files[candidates.indexOf(best)];
  return [
    ...candidates.map(({ name, verdict }) => `${name}: ${verdict}`),
    '',
    ...table([
      ['candidate', 'verdict', 'nDCG@10 old', 'new', 'difference', '95 % interval', 'without chosen', 'price', 'time', 'memory', 'p50'],
      ...candidates.map(rowOf),
    ]),
    ...candidates.flatMap(({ name, reasons, models }) => [
      '',
      `${name} (${models.join(', ')}):`,
      ...reasons.flatMap((reason) => wrapped(`- ${reason}`, 2, 4)),
    ]),
    '',
    ...wrapped(
      `Tried on ${count(sample.points)} of ${count(sample.ofPoints)} points: ${count(sample.relevant)} relevant, ${count(sample.neighbours)} that the old vectors find, ` +
        `${count(sample.random)} by chance; ${count(queries.asked)} ${asked}, ${count(queries.independent)} about different documents.`,
      0,
      0,
    ),
    ...wrapped(
      `In the sample the new model looks better than it is: what only it would mistake is there by chance alone. "Without chosen" leaves out what was drawn because the old model finds it, and favours neither. Price, time and memory are of the whole collection; p50 is a search in the sample.`,
      0,
      0,
    ),
    ...wrapped(
      `Spent: ${dollars(spent.priceUsd)} of ${dollars(budgetUsd)} for ${count(spent.tokens)} tokens of ${count(spent.texts)} texts${kept === 0 ? '' : `; ${count(kept)} vectors were there already`}.` +
        (spent.priceUnknown.length === 0 ? '' : ` Not counted, because its price is not known: ${spent.priceUnknown.join(', ')}.`),
      0,
      0,
    ),
    ...trial.remarks.flatMap((remark) => wrapped(remark, 0, 0)),
    '',
    ...wrapped(
      `What workers embedded stays in "${collection}": a migration takes it from there and does not pay it again. ${reembed('discard', id, '--confirm', collection)} deletes it.`,
      0,
      0,
    ),
    ...(file === undefined ? [] : [`Next: ${reembed('plan', file)}`]),
  ].join('\n');
}

/** Of what is worth it, what is surely best by the measure that favours neither side. */
function bestOf(candidates: readonly Tried[]): Tried | null {
  return candidates.filter(({ verdict }) => verdict === 'worth it').toSorted((a, b) => b.fairNdcg.lower - a.fairNdcg.lower)[0] ?? null;
}

function rowOf({ name, verdict, ndcg, fairNdcg, whole, latencyMs }: Tried): string[] {
  return [
    ...[name, verdict, ndcg.old.toFixed(3), ndcg.new.toFixed(3), signed(ndcg.difference), interval(ndcg), interval(fairNdcg)],
    ...[
      dollars(whole.priceUsd),
      timeOf(whole.time),
      bytes(whole.memoryBytes),
      `${latencyMs.old.p50.toFixed(1)} → ${latencyMs.new.p50.toFixed(1)} ms`,
    ],
  ];
}

function interval({ lower, upper }: Compared): string {
  return isEstimated({ lower, upper }) ? `${signed(lower)} to ${signed(upper)}` : `none (all ${signed(lower)})`;
}

function timeOf({ lowSeconds, highSeconds }: TimeRange): string {
  return highSeconds === null ? `from ${duration(lowSeconds)}` : `${duration(lowSeconds)} to ${duration(highSeconds)}`;
}
