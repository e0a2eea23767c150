import { describeFields, type FieldRow, type SettingMeta, settingsOf } from '@reembed/contracts';
import type { z } from 'zod';

/** A table of everything that a document of this schema may say. */
export function fieldTable(schema: z.ZodType): string {
  return table(
    ['field', 'value', 'default', 'what it is'],
    describeFields(schema).map((field) => [code(field.path), field.value, defaultOf(field), field.description ?? '']),
  );
}

function defaultOf({ required, byDefault }: Pick<FieldRow, 'required' | 'byDefault'>): string {
  if (required) return 'required';
  return byDefault === undefined ? '' : code(byDefault);
}

/** What one kind of process reads, by its name. */
type Readers = Readonly<Record<string, { readonly shape: Readonly<Record<string, z.ZodType>> }>>;

/** A table of the variables of the environment, each with those that read it. */
export function variableTable(readers: Readers): string {
  const rows = new Map<string, { meta: SettingMeta; byDefault: unknown; by: string[] }>();
  for (const [reader, schema] of Object.entries(readers)) {
    for (const { field, meta } of settingsOf(schema)) {
      const byDefault = schema.shape[field]?.parse(undefined);
      const row = rows.get(meta.env + meta.description) ?? { meta, byDefault, by: [] };
      rows.set(meta.env + meta.description, { ...row, by: [...row.by, reader] });
    }
  }
  return table(
    ['variable', 'default', 'read by', 'what it is'],
    [...rows.values()].map(({ meta, byDefault, by }) => [
      code(meta.env),
      byDefault === undefined ? '' : code(String(byDefault)),
      by.length === Object.keys(readers).length ? 'all' : by.join(', '),
      meta.description,
    ]),
  );
}

type ProviderRecord = {
  readonly kind: string;
  readonly entry: z.ZodType;
  readonly keyVariable: string | null;
  readonly baseUrlVariable: string | null;
};

/** A table of the variables that providers read. */
export function providerTable(providers: readonly ProviderRecord[]): string {
  return table(
    ['provider', 'key', 'another address than its own'],
    providers.flatMap(({ kind, keyVariable, baseUrlVariable }) =>
      keyVariable === null && baseUrlVariable === null
        ? []
        : [[code(kind), keyVariable === null ? '' : code(keyVariable), baseUrlVariable === null ? '' : code(baseUrlVariable)]],
    ),
  );
}

/** A table of what an entry of `models` may say besides its provider, each field with the providers that read it. */
export function entryTable(providers: readonly ProviderRecord[]): string {
  const rows = new Map<string, { field: FieldRow; kinds: string[] }>();
  for (const { kind, entry } of providers) {
    for (const field of describeFields(entry)) rows.set(field.path, { field, kinds: [...(rows.get(field.path)?.kinds ?? []), kind] });
  }
  return table(
    ['field', 'value', 'providers', 'what it is'],
    [...rows.values()].map(({ field: { path, value, description = '' }, kinds }) => [
      code(path),
      value,
      kinds.length === providers.length ? 'all' : kinds.join(', '),
      description,
    ]),
  );
}

/** Text as it stands, in Markdown. */
export function code(text: string): string {
  return `\`${text}\``;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
