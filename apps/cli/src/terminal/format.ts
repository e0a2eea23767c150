export { bytes, count, dollars, duration } from '@reembed/core';

const columns = 80;

/** A word, or a printed command, which is typed as it stands: no line ends within it. */
const pieces = /(?:`[^`]*`|\S)+/g;

/** Lines of at most 80 columns, the first indented by `first` and the others by `rest`; a longer word, or command, stands alone. */
export function wrapped(text: string, first: number, rest: number): string[] {
  const lines: string[] = [];
  let line = ' '.repeat(first);
  for (const [word] of text.matchAll(pieces)) {
    const blank = line.trim() === '';
    if (!blank && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = ' '.repeat(rest) + word;
    } else line += blank ? word : ` ${word}`;
  }
  return [...lines, line];
}

/** One line of at most so many characters. */
export function shortened(text: string, longest: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= longest ? line : `${line.slice(0, longest - 1)}…`;
}

/** Columns by the widest cell; the last is not padded. A line break in a cell is a space: what data says begins no line of its own. */
export function table(cells: readonly (readonly string[])[]): string[] {
  const rows = cells.map((row) => row.map((cell) => cell.replace(/\s*\n\s*/g, ' ')));
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  '));
}

/** A vector in a sentence. */
export function vectorName(name: string): string {
  return name === '' ? 'the unnamed vector' : JSON.stringify(name);
}
