import type { Advice, AdviceOption, BridgeCode, Plan, TimeRange } from '@reembed/contracts';
import { reembed } from '@reembed/core';
import { renderIssue } from './errors.ts';
import { bytes, count, dollars, duration, table, vectorName, wrapped } from './format.ts';

/** A plan for people: the verdict first, the next command last. `file`: of the spec. */
export function renderPlan(plan: Plan, file: string): string {
  const { advice, verdict } = plan;
  const command = (name: string) => reembed(name, file);
  return [
    ...wrapped(verdict.says, 0, 0),
    ...list('Blockers, to be mended first:', plan.blockers.map(renderIssue)),
    ...section(
      'In short:',
      plan.summary.flatMap((sentence) => wrapped(sentence, 2, 2)),
    ),
    '',
    ...overview(plan),
    ...plan.texts.flatMap(renderTexts),
    ...(advice === undefined ? [] : renderAdvice(advice)),
    ...list('Reminders:', plan.reminders),
    ...list('On the query side:', plan.queryChange),
    ...(advice === undefined ? [] : renderQueryCode(advice)),
    '',
    verdict.ready ? `Next: ${command('run')}` : `Next, once that is mended: ${command('plan')}`,
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

function facts({ source, target, aliases, serverVersion, sampledPoints, embeds, truncations, keeps, settings }: Plan): [string, string][] {
  return [
    [
      'source',
      `${source.collection}${source.alias === null ? '' : ` (by alias ${source.alias})`}, ${count(source.points)} points, ${source.status}`,
    ],
    ['target', `${target.collection}${target.exists ? ', exists already' : ', to be created'}`],
    ...aliases.map(({ name, pointsAt, says }) =>
      pair(`alias ${name}`, `now ${pointsAt === null ? 'not there' : `-> ${pointsAt}`}; ${says}`),
    ),
    ['Qdrant', serverVersion],
    ...embeds.map((embed) => pair(`embed "${embed.vector}"`, describeEmbed(embed, sampledPoints))),
    ...truncations.map((cut) => pair(`truncate "${cut.vector}"`, describeCut(cut))),
    ...keeps.map(({ vector, from }) => pair(`keep "${vector}"`, `the source's "${from}"`)),
    ...settings.map((plan) => pair(`settings of "${plan.vector}"`, describeSettings(plan))),
  ];
}

function pair(name: string, text: string): [string, string] {
  return [name, text];
}

function describeEmbed(embed: Plan['embeds'][number], sampledPoints: number): string {
  const {
    model,
    takenFor,
    documentPrefix,
    queryPrefix,
    dimensions,
    tokens,
    tokenCount,
    totalTokens,
    priceUsd,
    sampledTexts,
    missingTexts,
    keptTexts,
    overLimit,
  } = embed;
  return [
    `${model}${takenFor === null ? '' : `, taken for ${takenFor}`}${dimensions === null ? '' : `, ${dimensions} dimensions`}`,
    ...(documentPrefix === '' && queryPrefix === ''
      ? []
      : [`documents begin with ${JSON.stringify(documentPrefix)}, queries with ${JSON.stringify(queryPrefix)}`]),
    `${tokenCount === 'exact' ? '' : 'about '}${count(totalTokens)} tokens`,
    dollars(priceUsd),
    `${tokenCount === 'exact' ? 'tokens' : 'estimated tokens'} a text: median ${count(tokens.p50)}, 95th percentile ${count(tokens.p95)}, largest ${count(tokens.max)}`,
    ...(keptTexts > 0 ? [`${keptTexts} of ${sampledTexts} sampled texts are not embedded: an earlier target has their vectors`] : []),
    ...(missingTexts > 0 ? [`${missingTexts} of ${sampledPoints} sampled points have no text`] : []),
    ...(overLimit > 0
      ? [`${overLimit} sampled text(s) longer than the model reads${tokenCount === 'exact' ? '' : ', by an estimate'}`]
      : []),
  ].join('; ');
}

/** Each text on its own lines, a line end of its own shown as one. */
function renderTexts({ vector, template, examples }: Plan['texts'][number]): string[] {
  return list(
    `Texts for ${vectorName(vector)}, made by ${JSON.stringify(template)}:`,
    examples.map((text) => JSON.stringify(text)),
  );
}

function describeCut({ from, dimensions, sampledVectors, overlapAt10, expectedOverlapAt10 }: Plan['truncations'][number]): string {
  const kept =
    overlapAt10 === null
      ? 'what is lost could not be measured'
      : `${Math.round(overlapAt10 * 100)} % of the ten nearest neighbours stay among them (exact, ${count(sampledVectors)} sampled vectors)${expectedOverlapAt10 === null ? '' : `, and about ${Math.round(expectedOverlapAt10 * 100)} % in the whole collection`}`;
  return `the source's "${from}" cut to ${dimensions} dimensions; ${kept}`;
}

function describeSettings({ vector, from, carried, left }: Plan['settings'][number]): string {
  const said = (settings: Readonly<Record<string, unknown>>) =>
    Object.entries(settings)
      .map(([key, value]) => `${key} ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(', ');
  const parts = [
    ...(Object.keys(carried).length === 0 ? [] : [`${said(carried)}, as the source's "${from}" has it`]),
    ...(Object.keys(left).length === 0
      ? []
      : [`without ${said(left)} of the source's "${from}"; where it is wanted, say so in vectors."${vector}".settings`]),
  ];
  return parts.join('; ');
}

function list(title: string, lines: readonly string[]): string[] {
  return section(
    title,
    lines.flatMap((line) => wrapped(`- ${line}`, 2, 4)),
  );
}

/** Advice for people, in lines of at most 80 columns; code stands as it is. */
function renderAdvice(advice: Advice): string[] {
  return [
    ...section('The vectors that are there:', advice.fingerprints.flatMap(fingerprintLines)),
    ...list(
      'The wanted model on stored texts:',
      advice.sameModels.map(({ says }) => says),
    ),
    ...section('What has to be embedded:', advice.decisions.flatMap(decisionLines)),
    ...section('Roads (* recommended, > what the spec asks for):', roads(advice.options)),
    ...section('How large, how fast:', scale(advice)),
  ];
}

/** How an application asks a query, as code. */
function renderQueryCode({ queryCode, bridgeCode }: Advice): string[] {
  const asked = queryCode === null ? [] : [...code('Python', queryCode.python), ...code('TypeScript', queryCode.typescript)];
  return bridgeCode === null ? asked : [...asked, '', ...wrapped(whileFilled, 2, 2), ...renderBridge(bridgeCode)];
}

const whileFilled = 'Until every point has the new vector, over the bridge: what has it is ranked by it, what lacks it keeps its old rank.';

/** Code for one search over the bridge. */
export function renderBridge({ python, typescript, rest }: BridgeCode): string[] {
  return [...code('Python', python), ...code('TypeScript', typescript), ...code('REST', rest)];
}

function code(language: string, text: string): string[] {
  return ['', `  ${language}:`, ...text.split('\n').map((line) => `    ${line}`)];
}

function fingerprintLines({ vector, verdict, says }: Advice['fingerprints'][number]): string[] {
  const mark = { confirmed: 'yes', refuted: 'NO ', 'not-made': '?  ' }[verdict];
  return wrapped(`${mark} ${vectorName(vector)} ${says}`, 2, 6);
}

function decisionLines({ vector, row, reembed, sendsTexts = false, why }: Advice['decisions'][number]): string[] {
  return wrapped(
    `${vectorName(vector)}: ${reembed || sendsTexts ? 'every text' : 'nothing'}; ${why} (row ${row} of the decision table)`,
    2,
    4,
  );
}

function roads(options: readonly AdviceOption[]): string[] {
  const possible = options.filter((option) => option.possible);
  const rows = possible.map((option) => [
    `  ${mark(option)} ${option.kind}`,
    short(option.tokens),
    dollars(option.priceUsd.sync).replace('price ', ''),
    dollars(option.priceUsd.batch).replace('price ', ''),
    range(option.time),
    bytes(option.diskBytes),
    bytes(option.memoryBytes),
  ]);
  const impossible = options.filter((option) => !option.possible);
  return [
    ...table([['    road', 'tokens', 'price', 'batch', 'time', 'disk', 'memory'], ...rows]),
    ...wrapped(
      "Disk and memory: of Qdrant at the fullest moment. Batch: by the vendor's slower road, which `batch: true` takes where the vendor is OpenAI or Voyage.",
      4,
      4,
    ),
    ...possible.flatMap(explained),
    ...impossible.flatMap(({ kind, why }) => wrapped(`- ${kind} not possible: ${why}.`, 2, 4)),
  ];
}

/** What is neither recommended nor asked for gets its reason only. */
function explained(option: AdviceOption): string[] {
  const { kind, title, why, risks, time, recommended, chosen } = option;
  const head = wrapped(`${mark(option)} ${kind}: ${title}; ${why}.`, 2, 4);
  if (!recommended && !chosen) return head;
  return [...head, ...wrapped(`Time is bound by ${time.boundBy}.`, 4, 4), ...risks.flatMap((risk) => wrapped(`! ${risk}`, 4, 6))];
}

function scale({ size, workers, languages, sources }: Advice): string[] {
  const shares = languages.map(({ language, texts, tokens }) => `${language} ${count(texts)} texts, ${count(tokens)} tokens`);
  const unknown = sources.filter(({ asOf }) => asOf === null).map(({ model }) => model);
  const known = sources.flatMap(({ model, asOf, source }) => (asOf === null ? [] : [`${model}: as of ${asOf}, ${source}`]));
  return [
    ...wrapped(`The source takes about ${bytes(size.bytes)}. ${size.says ?? ''}`.trim(), 2, 4),
    ...(workers === null || size.says?.includes(workers) ? [] : wrapped(workers, 2, 4)),
    ...(shares.length === 0 ? [] : wrapped(`By language, guessed by stop words, else by script: ${shares.join('; ')}.`, 2, 4)),
    ...known.map((line) => `  Prices and limits of ${line}`),
    ...(unknown.length === 0 ? [] : wrapped(`No figures are known of ${unknown.join(', ')}.`, 2, 4)),
  ];
}

function mark({ recommended, chosen }: AdviceOption): string {
  return recommended ? '*' : chosen ? '>' : '-';
}

function range({ lowSeconds, highSeconds }: TimeRange): string {
  if (highSeconds === null) return `over ${duration(lowSeconds)}`;
  const [low, high] = [duration(lowSeconds), duration(highSeconds)];
  return low === high ? low : `${low} - ${high}`;
}

/** `1.2M`: a table of seven columns has no room for more. */
function short(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)}G`;
  return value >= 1e6 ? `${(value / 1e6).toPrecision(3)}M` : count(value);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', title, ...lines];
}
