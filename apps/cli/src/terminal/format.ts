export { bytes, count, dollars, duration } from '@reembed/core';

const columns = 80;

/** Lines of at most 80 columns, the first indented by `first` and the others by `rest`; a longer word stands alone. */
export function wrapped(text: string, first: number, rest: number): string[] {
  const lines: string[] = [];
  let line = ' '.repeat(first);
  for (const word of text.split(/\s+/)) {
    const blank = line.trim() === '';
    if (!blank && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = ' '.repeat(rest) + word;
    } else line += blank ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** Columns by the widest cell; the last is not padded. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '));
}

/** A vector in a sentence. */
export function vectorName(name: string): string {
  return name === '' ? 'the unnamed vector' : JSON.stringify(name);
}
