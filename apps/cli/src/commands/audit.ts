import type { AuditEntry, AuditPage } from '@reembed/contracts';
import { allPages, reembed } from '@reembed/core';
import type { Command } from 'commander';
import { readKnownAudit } from '../fleet/read-known.ts';
import { table } from '../terminal/format.ts';
import type { Cli } from '../terminal/host.ts';
import { addPaging, decimal, readsOnly } from './options.ts';

type AuditOptions = { readonly days: number; readonly limit: number; readonly cursor?: string; readonly ndjson?: true };

export function defineAudit(command: Command, cli: Cli): void {
  addPaging(
    command
      .description(`Who did what with migrations, from where and when, the oldest first; what was refused, too. ${readsOnly}`)
      .option('--days <n>', 'how far back', decimal, 7)
      .option('--ndjson', 'all of it as lines of JSON, to be kept elsewhere'),
  ).action((options: AuditOptions) => (options.ndjson ? exportAll(cli, options) : show(cli, options)));
}

async function show(cli: Cli, options: AuditOptions): Promise<void> {
  const { limit, cursor } = options;
  const page = await readKnownAudit(cli, { since: sinceOf(options), cursor, limit });
  cli.result(page, () => render(page, options).join('\n'));
}

async function exportAll(cli: Cli, options: AuditOptions): Promise<void> {
  const since = sinceOf(options);
  const load = (cursor: string | null) => readKnownAudit(cli, { since, cursor, limit: 1_000 });
  for await (const { entries, unreadable } of allPages(load, options.cursor)) {
    for (const entry of entries) cli.out(JSON.stringify(entry));
    if (unreadable > 0) cli.err(unreadableInWords(unreadable));
  }
}

function sinceOf({ days }: AuditOptions): string {
  return new Date(Date.now() - days * 86_400_000).toISOString();
}

function render({ entries, unreadable, next }: AuditPage, { days, limit }: AuditOptions): string[] {
  if (entries.length === 0 && unreadable === 0) return [`Nothing was done in the last ${days} day(s).`];
  const more = next === null ? [] : [`more: ${reembed('audit', '--days', days, '--limit', limit, '--cursor', next)}`];
  return [
    ...table([['when', 'who', 'role', 'from', 'what', 'phase', 'came of it'], ...entries.map(toRow)]),
    ...(unreadable > 0 ? [unreadableInWords(unreadable)] : []),
    ...more,
  ];
}

function unreadableInWords(count: number): string {
  return `${count} line(s) cannot be read: another version wrote them, or somebody changed them. The coordinator's /v1/audit.ndjson has them as they are.`;
}

function toRow({ at, name, role, from, what, migration, phaseBefore, phaseAfter, kind, status, code }: AuditEntry): string[] {
  const phases = [phaseBefore, phaseAfter].filter((phase) => phase !== null).join(' > ');
  const outcome = kind === 'asked' ? 'asked' : [kind, status, code].filter((part) => part !== null).join(' ');
  return [at, name, role ?? '', from, migration === null ? what : `${what} ${migration}`, phases, outcome];
}
