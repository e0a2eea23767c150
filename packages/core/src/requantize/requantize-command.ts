import { type Quantization, quantizationSchema, type VectorStorage } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import { requantizePatch } from './requantize-patch.ts';
import { sameStorage, storageOf } from './vector-storage.ts';

/** The commands that store these vectors as given, one for all that are to be alike. */
export function requantizeCommands(info: CollectionInfo, wanted: ReadonlyMap<string, VectorStorage>): string[] {
  const groups: { storage: VectorStorage; names: string[] }[] = [];
  for (const [name, storage] of wanted) {
    const alike = groups.find((group) => sameStorage(group.storage, storage));
    if (alike === undefined) groups.push({ storage, names: [name] });
    else alike.names.push(name);
  }
  return groups.map(({ storage, names }) => commandFor(info, storage, names));
}

function commandFor(info: CollectionInfo, { quantization, originals }: VectorStorage, names: readonly string[]): string {
  const known = quantizationSchema.nullable().safeParse(quantization);
  const storage = { quantization, originals };
  if (!known.success) return patchCommand(info, new Map(names.map((name) => [name, storage])));
  const all = names.length === Object.keys(info.vectors).length;
  const moved = names.some((name) => storageOf(info, name).originals !== originals);
  return [
    `reembed requantize ${quoted(info.name)}`,
    ...(all ? [] : names.map((name) => `--vector ${quoted(name)}`)),
    ...settingOptions(known.data),
    ...(moved ? [`--originals ${originals}`] : []),
    '--yes',
  ].join(' ');
}

/** A setting as options of the command line. */
function settingOptions(quantization: Quantization | null): string[] {
  const [[kind, section] = ['none', {}]] = Object.entries(quantization ?? {});
  const { type: _int8, always_ram: alwaysRam, ...rest } = section as Readonly<Record<string, unknown>>;
  return [
    `--to ${kind}`,
    ...Object.entries(rest).map(([name, value]) => `--${name.replaceAll('_', '-')} ${String(value)}`),
    ...(alwaysRam === undefined ? [] : [alwaysRam === true ? '--always-ram' : '--no-always-ram']),
  ];
}

/** For settings of a server that knows more than this version of reembed. */
function patchCommand(info: CollectionInfo, wanted: ReadonlyMap<string, VectorStorage>): string {
  const body = JSON.stringify(requantizePatch(info, wanted));
  return `curl -X PATCH "$QDRANT_URL/collections/${encodeURIComponent(info.name)}" -H 'content-type: application/json' -d ${quoted(body)}`;
}

/** A word for a POSIX shell. */
function quoted(text: string): string {
  return /^[\w.:/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
