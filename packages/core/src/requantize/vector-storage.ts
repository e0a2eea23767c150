import { canonicalJson, type RequantizeRequest, type VectorStorage } from '@reembed/contracts';
import type { CollectionInfo, DenseVectorParams } from '../domain/collection-info.ts';

type Config = Readonly<Record<string, unknown>>;

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
