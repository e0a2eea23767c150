import { describeFields, type FieldRow } from '@reembed/contracts';
import type { z } from 'zod';

/** A table of everything that a document of this schema may say. */
export function fieldTable(schema: z.ZodType): string {
  return table(
    ['field', 'value', 'default', 'what it is'],
    describeFields(schema).map((field) => [code(field.path), field.value, defaultOf(field), field.description ?? '']),
  );
}

export function defaultOf({ required, byDefault }: FieldRow): string {
  if (required) return 'required';
  return byDefault === undefined ? '' : code(byDefault);
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** A Markdown table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${head.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}
