import type { VectorStorage } from '@reembed/contracts';
import type { CollectionInfo, DenseVectorParams } from '../domain/collection-info.ts';
import { ownQuantization, sameSetting, storageOf } from './vector-storage.ts';

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
