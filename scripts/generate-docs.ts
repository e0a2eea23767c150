import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  accessSchema,
  commandLineSettingsSchema,
  coordinatorSettingsSchema,
  errorCodes,
  gatewaySettingsSchema,
  type Phase,
  specSchema,
  workerSettingsSchema,
} from '@reembed/contracts';
import { transitions } from '@reembed/core';
import { providers, reembedConfigSchema } from '@reembed/embedders';
import { type MetricRow, metricTable } from '@reembed/process/metric-table';
import { code, entryTable, fieldTable, providerTable, table, variableTable } from './field-tables.ts';
import { scalingTables } from './scaling-figures.ts';

const docs = new URL('../docs/', import.meta.url);

/** Every document that follows from the code, with what it has to say. */
function generatedDocs(): { readonly path: URL; readonly text: string }[] {
  return [
    { path: new URL('errors.md', docs), text: errorsPage() },
    { path: new URL('states.md', docs), text: statesPage(pageAt('states.md')) },
    { path: new URL('spec.md', docs), text: withBlock(pageAt('spec.md'), 'fields', fieldTable(specSchema)) },
    { path: new URL('settings.md', docs), text: settingsPage(pageAt('settings.md')) },
    { path: new URL('scaling.md', docs), text: withBlocks(pageAt('scaling.md'), scalingTables()) },
    { path: new URL('metrics.md', docs), text: withBlock(pageAt('metrics.md'), 'metrics', metricsTable()) },
  ];
}

function settingsPage(page: string): string {
  const readers = {
    coordinator: coordinatorSettingsSchema,
    worker: workerSettingsSchema,
    gateway: gatewaySettingsSchema,
    'command line': commandLineSettingsSchema,
  };
  const tables = {
    variables: variableTable(readers),
    access: fieldTable(accessSchema),
    providers: providerTable(providers),
    configuration: fieldTable(reembedConfigSchema),
    entries: entryTable(providers),
  };
  return withBlocks(page, tables);
}

function withBlocks(page: string, tables: Readonly<Record<string, string>>): string {
  return Object.entries(tables).reduce((written, [block, text]) => withBlock(written, block, text), page);
}

function metricsTable(): string {
  const rows = Object.entries(metricTable).map(([name, { type, labels, of, help }]: [string, MetricRow]) => {
    return [code(name), type, labels.map(code).join(', '), of.length === 3 ? 'all' : of.join(', '), help];
  });
  return table(['metric', 'type', 'labels', 'of', 'what it is'], rows);
}

function pageAt(name: string): string {
  return readFileSync(new URL(name, docs), 'utf8');
}

/** The page as it stands, with what is between the marks of a block written anew. */
function withBlock(page: string, block: string, text: string): string {
  const [before, after] = [`<!-- ${block}: written by scripts/generate-docs.ts -->`, `<!-- end of ${block} -->`];
  const [head, rest] = splitOnce(page, before);
  return `${head}${before}\n\n${text}\n\n${after}${splitOnce(rest, after)[1]}`;
}

function splitOnce(page: string, mark: string): [string, string] {
  const at = page.indexOf(mark);
  if (at === -1) throw new Error(`a page has lost its mark ${mark}: put it back where the table stood`);
  return [page.slice(0, at), page.slice(at + mark.length)];
}

function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(([name, { meaning, retry, httpStatus, exitCode }]) => {
    return [code(name), meaning, retry === 'later' ? 'yes' : 'no', String(httpStatus), String(exitCode)];
  });
  return `# Errors

<!-- Written by scripts/generate-docs.ts from packages/contracts/src/error-codes.ts. -->

Every error of reembed has one of these codes. The API answers with the status and \`{"code", "message", "issues"?}\`; a command ends with
the exit code. What may pass by itself is waited out where a migration is under way: it shows as \`waiting\`, and costs nothing.

${table(['code', 'what happened', 'may pass by itself', 'HTTP status', 'exit code'], rows)}
`;
}

/** The page as it stands, with the diagram drawn anew. */
function statesPage(page: string): string {
  return page.replace(/```mermaid\n[\s\S]*?```/, () => `\`\`\`mermaid\n${statesDiagram()}\n\`\`\``);
}

const whereItWas = 'where_it_was';

function statesDiagram(): string {
  const phases = Object.keys(transitions) as Phase[];
  const name = (phase: string) => phase.replaceAll('-', '_');
  const named = phases.filter((phase) => phase.includes('-')).map((phase) => `state "${phase}" as ${name(phase)}`);
  const arrows = phases.flatMap((phase) => {
    const { next, commands, kind } = transitions[phase];
    return [
      ...next.map((to) => `${name(phase)} --> ${name(to)}`),
      ...Object.entries(commands).map(([command, to]) => `${name(phase)} --> ${to === 'resumeTo' ? whereItWas : name(to)} : ${command}`),
      ...(kind === 'end' ? [`${name(phase)} --> [*]`] : []),
    ];
  });
  const lines = ['direction LR', ...named, `state "where it was" as ${whereItWas}`, '[*] --> preparing', ...arrows];
  return ['stateDiagram-v2', ...lines.map((line) => `  ${line}`)].join('\n');
}

/** `node scripts/generate-docs.ts` writes what is out of date; with `--check` it names it and ends with 1. */
for (const { path, text } of generatedDocs().filter((doc) => readFileSync(doc.path, 'utf8') !== doc.text)) {
  if (process.argv.includes('--check')) {
    console.error(`${fileURLToPath(path)} is not what the code says: run node scripts/generate-docs.ts`);
    process.exitCode = 1;
  } else {
    writeFileSync(path, text);
  }
}
