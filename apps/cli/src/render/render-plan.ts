import type { Plan } from '@reembed/contracts';
import { inWords } from '@reembed/core';
import { count, dollars, wrapped } from './quantities.ts';
import { renderAdvice, renderQueryCode } from './render-advice.ts';

/** A plan for people: what stands in the way first, then advice, and what is easily forgotten. */
export function renderPlan(plan: Plan): string {
  const { advice } = plan;
  return [
    ...overview(plan),
    ...list('Blockers, to be mended first:', blockers(plan)),
    ...(advice === undefined ? [] : renderAdvice(advice)),
    ...list('Reminders:', plan.reminders),
    ...list('On the query side:', plan.queryChange),
    ...(advice === undefined ? [] : renderQueryCode(advice)),
  ].join('\n');
}

/** Two columns, the second wrapped. */
function overview(plan: Plan): string[] {
  const rows = facts(plan);
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  return rows.flatMap(([name, text]) => {
    const [first = '', ...rest] = wrapped(text, width, width);
    return [name + first.slice(name.length), ...rest];
  });
}

function facts({ source, target, alias, serverVersion, sampledPoints, embeds, truncations, keeps }: Plan): [string, string][] {
  return [
    [
      'source',
      `${source.collection}${source.alias === null ? '' : ` (by alias ${source.alias})`}, ${count(source.points)} points, ${source.status}`,
    ],
    ['target', `${target.collection}${target.exists ? ', exists already' : ', to be created'}`],
    ...(alias === null ? [] : [pair('alias', `${alias.name}, now ${alias.pointsAt === null ? 'not there' : `-> ${alias.pointsAt}`}`)]),
    ['Qdrant', serverVersion],
    ...embeds.map((embed) => pair(`embed "${embed.vector}"`, describeEmbed(embed, sampledPoints))),
    ...truncations.map((cut) => pair(`truncate "${cut.vector}"`, describeCut(cut))),
    ...keeps.map(({ vector, from }) => pair(`keep "${vector}"`, `the source's "${from}"`)),
  ];
}

function pair(name: string, text: string): [string, string] {
  return [name, text];
}

function describeEmbed(embed: Plan['embeds'][number], sampledPoints: number): string {
  const { model, dimensions, tokens, tokenCount, totalTokens, priceUsd, missingTexts, overLimit } = embed;
  return [
    `${model}${dimensions === null ? '' : `, ${dimensions} dimensions`}`,
    `${tokenCount === 'exact' ? '' : 'about '}${count(totalTokens)} tokens`,
    dollars(priceUsd),
    `tokens a text: median ${count(tokens.p50)}, 95th percentile ${count(tokens.p95)}, largest ${count(tokens.max)}`,
    ...(missingTexts > 0 ? [`${missingTexts} of ${sampledPoints} sampled points have no text`] : []),
    ...(overLimit > 0 ? [`${overLimit} sampled text(s) longer than the model reads`] : []),
  ].join('; ');
}

function describeCut({ from, dimensions, sampledVectors, overlapAt10 }: Plan['truncations'][number]): string {
  const kept =
    overlapAt10 === null
      ? 'what is lost could not be measured'
      : `${Math.round(overlapAt10 * 100)} % of the ten nearest neighbours stay among them (exact, ${count(sampledVectors)} sampled vectors)`;
  return `the source's "${from}" cut to ${dimensions} dimensions; ${kept}`;
}

function blockers(plan: Plan): string[] {
  return plan.blockers.map((issue) => inWords('', [issue]).slice(2));
}

function list(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines.flatMap((line) => wrapped(`- ${line}`, 2, 4))];
}
