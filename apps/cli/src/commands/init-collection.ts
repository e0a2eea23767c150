import { createInterface } from 'node:readline/promises';
import type { Fingerprint } from '@reembed/contracts';
import { findOldModel, type LookedAt, lookAtCollection, ReembedError, renderText } from '@reembed/core';
import { createModelCatalogue } from '@reembed/embedders';
import { parse } from 'yaml';
import { connectQdrant } from '../inputs/connect-qdrant.ts';
import { canCall, embedSampleHere, readModelSources } from '../inputs/models-here.ts';
import { count } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';
import { type Draft, specText } from './spec-text.ts';

export type InitOptions = {
  readonly yes?: true;
  readonly newModel?: string;
  readonly template?: string;
  readonly target?: string;
  readonly oldModel: readonly string[];
};

/** What is said where nobody is asked, and nothing was. */
const firstModel = 'openai/text-embedding-3-large';
/** Texts that show what a template gives. */
const previewed = 3;
const previewChars = 160;

/** Prints a commented spec for a collection, asking what it cannot find out; what is asked and shown goes to stderr. */
export async function initCollection(cli: Cli, name: string, options: InitOptions): Promise<void> {
  const asks = options.yes !== true && !cli.json;
  if (asks && !process.stdin.isTTY)
    throw new ReembedError(
      'invalid-request',
      `nobody can be asked here: say \`reembed init ${name} --yes\`, with --new-model, --template and --target`,
    );
  const { collections, points } = await connectQdrant(cli.env);
  const sources = await readModelSources(cli.env);
  const catalogue = createModelCatalogue(sources);
  await using here = embedSampleHere(catalogue, cli.signal);
  const deps = { collections, points, catalogue, embed: here.embedSample };
  const seen = await lookAtCollection(deps, name);
  if (seen.vector === null)
    throw new ReembedError('invalid-request', `"${seen.source.name}" has no dense vector that a model could make anew`);
  const show = asks ? cli.err : () => {};
  for (const line of described(seen)) show(line);
  const text = await chooseText(cli, seen, options, asks);
  const callable = catalogue.known().filter((model) => !model.startsWith('hash/') && canCall(catalogue, model));
  const print = await findOldModel(deps, seen, text, [...options.oldModel, ...Object.keys(sources.config.models), ...callable]);
  for (const line of oldModelLines(print)) show(line);
  const old = print?.verdict === 'confirmed' ? print.model : null;
  const model = options.newModel ?? (await answer(cli, asks, 'The new model', firstModel));
  const target = options.target ?? (await answer(cli, asks, 'The new collection', nextName(seen.source.name)));
  const draft: Draft = {
    seen,
    text,
    model,
    target,
    old,
    alias: seen.aliases[0] ?? null,
    notes: [...described(seen), ...oldModelLines(print), ...preview(seen, text)],
  };
  const written = specText(draft);
  cli.result({ spec: parse(written), framework: seen.framework?.name ?? null, oldModel: print, fields: seen.fields }, () => written);
}

function described({ source, aliases, framework, fields, sample }: LookedAt): string[] {
  const sizes = Object.entries(source.vectors).map(([vector, { size, distance }]) => `${JSON.stringify(vector)} (${size}, ${distance})`);
  return [
    `"${source.name}": ${count(source.pointsCount)} points; vectors ${sizes.join(', ')}; aliases: ${aliases.join(', ') || 'none'}.`,
    framework === null
      ? 'Which program wrote it is not told by its payloads.'
      : `Its payloads are those of ${framework.name}${framework.note === null ? '' : ` (${framework.note})`}.`,
    `Fields with text in ${sample.length} sampled points:${fields.length === 0 ? ' none' : ''}`,
    ...fields
      .slice(0, 6)
      .map(
        ({ template, meanChars, share, example }) =>
          `  ${template}  ${meanChars} characters, in ${Math.round(share * 100)} %: ${JSON.stringify(example)}`,
      ),
  ];
}

/** The template: as said, as the framework has it, or the longest field; shown on real points until somebody agrees. */
async function chooseText(cli: Cli, seen: LookedAt, { template: said }: InitOptions, asks: boolean): Promise<string> {
  const guess = said?.replaceAll('\\n', '\n') ?? seen.framework?.text ?? seen.fields[0]?.template;
  if (guess === undefined && !asks)
    throw new ReembedError(
      'invalid-request',
      'no field of the sampled payloads holds text: say --template, or source.textFrom in the spec',
    );
  for (let text = guess ?? ''; ; ) {
    if (text !== '') for (const line of preview(seen, text)) if (asks) cli.err(line);
    const next = (await answer(cli, asks, 'The text that is embedded (a template; Enter takes it)', text)).replaceAll('\\n', '\n');
    if (next === text && text !== '') return text;
    text = next;
  }
}

function preview({ sample }: LookedAt, template: string): string[] {
  const texts = sample.map(({ payload, elsewhere }) => renderText(template, payload, elsewhere));
  const without = texts.filter((text) => text === null).length;
  const shown = texts.filter((text) => text !== null).slice(0, previewed);
  return [
    `${JSON.stringify(template)} gives, of ${sample.length} sampled points${without === 0 ? '' : ` (${without} have no text)`}:`,
    ...shown.map((text) => `  ${JSON.stringify(text.slice(0, previewChars))}`),
  ];
}

function oldModelLines(print: Fingerprint | null): string[] {
  if (print === null)
    return ['Which model made its vectors is not known: no model of their size can be asked here. Say --old-model, with its key at hand.'];
  const seen = `${print.model}: ${print.says}`;
  return [
    print.verdict === 'confirmed' ? `Its vectors were made by ${seen}` : `No model that was asked made its vectors; the nearest is ${seen}`,
  ];
}

async function answer({ signal }: Cli, asks: boolean, question: string, otherwise: string): Promise<string> {
  if (!asks) return otherwise;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(`${question} [${otherwise.replaceAll('\n', '\\n')}]: `, { signal })).trim() || otherwise;
  } finally {
    lines.close();
  }
}

/** `docs_v1` becomes `docs_v2`, `docs` becomes `docs_v2`. */
function nextName(name: string): string {
  const version = /^(.*?)(\d+)$/.exec(name);
  return version === null ? `${name}_v2` : `${version[1]}${Number(version[2]) + 1}`;
}
