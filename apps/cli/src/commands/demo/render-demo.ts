import { count, table } from '../../terminal/format.ts';
import type { Answer } from './search-by-text.ts';
import type { ReaderReport } from './start-reader.ts';

const columnWidth = 56;

/** What one collection answered to each query, and the model that made it. */
type Side = { readonly answers: readonly Answer[]; readonly model: string };

/** The best answers of both sides to each query, side by side. */
export function renderSideBySide(before: Side, after: Side, queries: readonly string[], best = 3): string[] {
  const heads = [before, after].map(({ answers: [first], model }) => (first === undefined ? '' : `${first.collection}, ${model}`));
  const rows = queries.flatMap((query, at) => {
    const titles = (answer: Answer | undefined, rank: number) => short(answer?.hits[rank]?.title ?? '');
    const ranks = Array.from({ length: best }, (_, rank) => [titles(before.answers[at], rank), titles(after.answers[at], rank)]);
    return [[`"${query}"`, ''], ...ranks.map((cells) => cells.map((cell) => `  ${cell}`))];
  });
  return table([[`  before: ${heads[0]}`, `after: ${heads[1]}`], ...rows]).map((line) => line.trimEnd());
}

/** The package and the heading itself, without the headings between. */
function short(path: string): string {
  const [name = '', ...headings] = path.split(' / ');
  const title = [name, ...headings.slice(-1)].join(': ');
  return title.length <= columnWidth ? title : `${title.slice(0, columnWidth - 1)}…`;
}

export type DemoOutcome = {
  readonly id: string;
  readonly seconds: number;
  readonly source: { readonly name: string; readonly points: number };
  readonly target: { readonly name: string; readonly points: number };
  readonly setAside: number | null;
  readonly alias: { readonly name: string; readonly pointsAt: string | null };
  readonly reads: ReaderReport;
};

/** Everything that makes a demo a failed one, in words. */
export function faultsOf({ source, target, setAside, alias, reads }: DemoOutcome): string[] {
  const bothSides = (reads.by[source.name] ?? 0) > 0 && (reads.by[target.name] ?? 0) > 0;
  return [
    ...(source.points === target.points ? [] : [`the source has ${source.points} points and the target ${target.points}`]),
    ...(setAside === 0 ? [] : [`${setAside ?? 'an unknown number of'} point(s) are set aside`]),
    ...(alias.pointsAt === target.name ? [] : [`the alias ${alias.name} points at ${alias.pointsAt}`]),
    ...(reads.failed === 0 ? [] : [`${reads.failed} search(es) failed`]),
    ...(reads.mixed === 0 ? [] : [`${reads.mixed} answer(s) were mixed`]),
    ...(bothSides ? [] : ['the reader did not see both sides of the switch']),
    ...reads.faults,
  ];
}

/** What happened. */
export function renderDemoOutcome({ seconds, source, target, setAside, alias, reads }: DemoOutcome): string[] {
  const sides = Object.entries(reads.by).map(([collection, answers]) => `${count(answers)} by ${collection}`);
  return [
    `What happened, in ${count(seconds)} s:`,
    ...table([
      ['  source', `${source.name}: ${count(source.points)} points`],
      ['  target', `${target.name}: ${count(target.points)} points${source.points === target.points ? ', as many' : ''}`],
      ['  set aside', setAside === null ? 'not known' : count(setAside)],
      ['  alias', `${alias.name} -> ${alias.pointsAt ?? 'nothing'}${alias.pointsAt === target.name ? ', switched' : ''}`],
      [
        '  reads',
        `${count(reads.searches)} searches by text, ${reads.searchesPerSecond.toFixed(1)} a second, answered ${sides.join(' and ')}`,
      ],
      ['', `${reads.failed} failed reads, ${reads.mixed} mixed; at least ${reads.slowestSecond} answers in every second`],
    ]),
  ];
}

/** What to do after the demo. */
export const nextSteps: readonly string[] = [
  'What to do next, with a collection of your own:',
  '  1. Write a spec: the README has one to begin with.',
  '  2. QDRANT_URL=http://your-qdrant:6333 npx reembed plan spec.yaml    what it would do and cost; writes nothing',
  '  3. QDRANT_URL=http://your-qdrant:6333 npx reembed run spec.yaml     copies and verifies; your alias stays where it is',
  '  4. npx reembed switch <id>                                          when the query side is ready; rollback takes it back',
];
