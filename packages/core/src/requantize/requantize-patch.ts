import { canonicalJson, type Quantization, quantizationSchema, type RequantizeRequest, type VectorStorage } from '@reembed/contracts';
import type { CollectionInfo, DenseVectorParams } from '../domain/collection-info.ts';
import { shellWord } from '../domain/words.ts';

type Config = Readonly<Record<string, unknown>>;

/**
 * The body of `PATCH /collections/{c}` that stores the vectors as wanted and leaves the others as they are. `"Disabled"` takes a setting
 * away; of a vector, that lets the collection's hold (seen on 1.19). So where one vector is to have none and the collection has one, the
 * collection's goes, and every other vector gets it for itself.
 */
export function requantizePatch(info: CollectionInfo, wanted: ReadonlyMap<string, VectorStorage>): Config {
  const all = new Map(Object.keys(info.vectors).map((name) => [name, wanted.get(name) ?? storageOf(info, name)]));
  const shared = sharedSetting(info, [...all.values()]);
  const vectors = [...all].flatMap(([name, storage]) => {
    const params = info.vectors[name];
    if (params === undefined) return [];
    const change = { ...quantizationChange(params, storage, shared), ...originalsChange(params, storage, storageOf(info, name)) };
    return Object.keys(change).length === 0 ? [] : [[name, change] as const];
  });
  return {
    ...(sameSetting(shared, info.quantizationConfig) ? {} : { quantization_config: shared ?? 'Disabled' }),
    ...(vectors.length === 0 ? {} : { vectors: Object.fromEntries(vectors) }),
  };
}

/** What the collection itself is to say: what all its vectors have, nothing where one of them has none, else what it says now. */
function sharedSetting(info: CollectionInfo, all: readonly VectorStorage[]): Config | null {
  const [first] = all;
  if (first !== undefined && all.every(({ quantization }) => sameSetting(quantization, first.quantization))) return first.quantization;
  return all.some(({ quantization }) => quantization === null) ? null : info.quantizationConfig;
}

function quantizationChange(params: DenseVectorParams, { quantization }: VectorStorage, shared: Config | null): Config {
  const own = ownQuantization(params);
  if (own !== null && sameSetting(own, quantization)) return {};
  if (sameSetting(quantization, shared)) return own === null ? {} : { quantization_config: 'Disabled' };
  return { quantization_config: quantization };
}

function originalsChange(params: DenseVectorParams, { originals }: VectorStorage, now: VectorStorage): Config {
  if (originals === now.originals) return {};
  const placedByTier = params.memory !== undefined && params.memory !== null;
  if (placedByTier) return { memory: originals === 'disk' ? 'cold' : 'cached' };
  return { on_disk: originals === 'disk' };
}

/** How a dense vector of the collection is stored: a setting of its own comes before the collection's. */
export function storageOf({ vectors, quantizationConfig }: CollectionInfo, name: string): VectorStorage {
  const params = vectors[name];
  const own = ownQuantization(params);
  return { quantization: own ?? withoutNulls(quantizationConfig), originals: onDisk(params) ? 'disk' : 'memory' };
}

/** The quantization that a vector has for itself; null: the collection's holds. */
export function ownQuantization(params: DenseVectorParams | undefined): Config | null {
  return withoutNulls((params?.quantization_config ?? null) as Config | null);
}

/** What a request makes of each vector it is about. */
export function wantedStorage(info: CollectionInfo, { vectors, quantization, originals }: RequantizeRequest): Map<string, VectorStorage> {
  const names = vectors ?? Object.keys(info.vectors);
  return new Map(
    names.map((name) => [name, { quantization: withoutNulls(quantization), originals: originals ?? storageOf(info, name).originals }]),
  );
}

export function sameSetting(a: Config | null, b: Config | null): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

export function sameStorage(a: VectorStorage, b: VectorStorage): boolean {
  return a.originals === b.originals && sameSetting(a.quantization, b.quantization);
}

/** From 1.19 on `memory` may say where originals are, and then comes before `on_disk`. */
function onDisk(params: DenseVectorParams | undefined): boolean {
  return params?.memory === undefined || params.memory === null ? params?.on_disk === true : params.memory === 'cold';
}

/** Servers report what was not set as null, or leave it out. */
function withoutNulls(config: Config | null): Config | null {
  if (config === null) return null;
  const sections = Object.entries(config).map(([kind, section]) => {
    const set = Object.entries((section ?? {}) as Config).filter(([, value]) => value !== null && value !== undefined);
    return [kind, section === null || section === undefined ? null : Object.fromEntries(set)] as const;
  });
  return Object.fromEntries(sections.filter(([, section]) => section !== null));
}

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
    `reembed requantize ${shellWord(info.name)}`,
    ...(all ? [] : names.map((name) => `--vector ${shellWord(name)}`)),
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
  return `curl -X PATCH "$QDRANT_URL/collections/${encodeURIComponent(info.name)}" -H 'content-type: application/json' -d ${shellWord(body)}`;
}
