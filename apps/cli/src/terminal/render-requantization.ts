import type { Overlap, Requantization, RequantizedVector, VectorStorage } from '@reembed/contracts';
import { bytes, count, table, vectorName, wrapped } from './format.ts';

/** What it would do, or does: every vector with its setting and memory, then what to know before. */
export function renderRequantizePlan({ collection, points, vectors, warnings }: Requantization): string {
  return [
    `${collection}: ${count(points)} points`,
    ...table([['  vector', 'dimensions', 'now', 'then', 'memory'], ...vectors.map(planned)]),
    '',
    'Memory: vectors, their graph and quantized copies, by their sizes; not measured.',
    ...warnings.flatMap((warning) => wrapped(`! ${warning}.`, 0, 2)),
  ].join('\n');
}

/** What was measured, the verdict, and the way back. */
export function renderRequantized({ vectors, undo }: Requantization): string {
  return [
    ...vectors.flatMap(measured),
    ...(undo.length === 0 ? [] : ['', 'To put back what was before:', ...undo.map((command) => `  ${command}`)]),
  ].join('\n');
}

function planned({ vector, dimensions, from, to, memoryBytes }: RequantizedVector): string[] {
  const memory = `${bytes(memoryBytes.before)} -> ${bytes(memoryBytes.after)}`;
  return [`  ${vectorName(vector)}`, count(dimensions), setting(from), setting(to), memory];
}

function measured({ vector, before, after, verdict, says }: RequantizedVector): string[] {
  const rows = [
    ...(before === null ? [] : [row('before', before)]),
    ...after.map(({ search, ...overlap }) =>
      row(search === null ? 'after' : `after, ${JSON.stringify(search).replaceAll('"', '')}`, overlap),
    ),
  ];
  return [
    `${vectorName(vector)}: ${(verdict ?? 'not-measured').replace('-', ' ')}`,
    ...(rows.length === 0 ? [] : table([['  searches', 'overlap@10', 'p50', 'p95', 'queries'], ...rows])),
    ...wrapped(`${says ?? ''}.`, 2, 2),
  ];
}

function row(name: string, { overlapAt10, p50Ms, p95Ms, queries }: Overlap): string[] {
  return [`  ${name}`, overlapAt10.toFixed(3), `${p50Ms.toFixed(1)} ms`, `${p95Ms.toFixed(1)} ms`, count(queries)];
}

/** `scalar int8, always_ram true; originals on disk`. */
function setting({ quantization, originals }: VectorStorage): string {
  const [[kind, section] = ['none', {}]] = Object.entries(quantization ?? {});
  const parameters = Object.entries(section as object).map(([name, value]) =>
    name === 'type' ? String(value) : `${name} ${String(value)}`,
  );
  return `${[kind, ...parameters].join(' ')}${originals === 'disk' ? ', originals on disk' : ''}`;
}
