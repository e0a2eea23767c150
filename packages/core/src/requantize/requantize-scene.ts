import {
  type Issue,
  metadataKeys,
  type RequantizeMetadata,
  type RequantizeRequest,
  requantizeMetadataSchema,
  type VectorStorage,
} from '@reembed/contracts';
import { type CollectionInfo, isAtLeast } from '../domain/collection-info.ts';
import { ReembedError } from '../domain/error.ts';
import { inWords } from '../domain/parse-spec.ts';
import { listed, ownInWords, reembed } from '../domain/words.ts';
import { activeMigrationOf } from '../plan/read-scene.ts';
import { type Collections, describeAll, type IndexingState } from '../ports/collections.ts';
import { sameStorage, storageOf, wantedStorage } from './requantize-patch.ts';

/** What a request is judged by. */
export type RequantizeScene = {
  readonly request: RequantizeRequest;
  readonly serverVersion: string;
  readonly info: CollectionInfo;
  readonly indexing: IndexingState;
  /** Every alias of the collection. */
  readonly aliases: readonly string[];
  readonly wanted: ReadonlyMap<string, VectorStorage>;
};

/** Reads the collection and judges the request by it. Throws `plan-blocked` with every fault: field, value and the way out. */
export async function readScene(collections: Collections, request: RequantizeRequest): Promise<RequantizeScene> {
  const [serverVersion, aliases] = await Promise.all([collections.serverVersion(), collections.aliases()]);
  const name = aliases.get(request.collection) ?? request.collection;
  const own = ownInWords(name);
  const info = own === null ? await collections.describe(name) : null;
  const issues =
    info === null
      ? [absent(request, own ?? `no collection or alias has this name; there are: ${listed(await collections.names())}`)]
      : findIssues(request, info, serverVersion);
  if (info === null || issues.length > 0) throw new ReembedError('plan-blocked', inWords('nothing was changed', issues), { issues });
  return {
    request,
    serverVersion,
    info,
    indexing: await collections.indexing(name),
    aliases: [...aliases].flatMap(([alias, behind]) => (behind === name ? [alias] : [])),
    wanted: wantedStorage(info, request),
  };
}

export function isInForce({ info, wanted }: Pick<RequantizeScene, 'info' | 'wanted'>): boolean {
  return [...wanted].every(([name, storage]) => sameStorage(storage, storageOf(info, name)));
}

export type Remembered = RequantizeMetadata['vectors'];

/** What is known of the time before a change that still holds, by vector. */
export function remembered({ info }: Pick<RequantizeScene, 'info'>): Remembered {
  const stored = requantizeMetadataSchema.safeParse(info.metadata[metadataKeys.requantize]);
  const vectors = Object.entries(stored.success ? stored.data.vectors : {});
  return Object.fromEntries(vectors.filter(([name, { to }]) => info.vectors[name] !== undefined && sameStorage(to, storageOf(info, name))));
}

function absent({ collection }: RequantizeRequest, message: string): Issue {
  return { field: 'collection', value: collection, message };
}

function findIssues(request: RequantizeRequest, info: CollectionInfo, serverVersion: string): Issue[] {
  return [...vectorIssues(request, info), ...versionIssues(request, serverVersion), ...exactSearchIssues(info)];
}

function vectorIssues({ vectors = [] }: RequantizeRequest, info: CollectionInfo): Issue[] {
  const dense = Object.keys(info.vectors);
  if (dense.length === 0)
    return [{ field: 'collection', value: info.name, message: 'has sparse vectors only: quantization is for dense ones' }];
  return vectors.flatMap((name, place) => {
    if (dense.includes(name)) return [];
    const what = info.sparseVectors[name] === undefined ? 'there is no such vector' : 'is sparse: quantization is for dense vectors';
    return [{ field: `vectors.${place}`, value: name, message: `${what}; dense ones: ${listed(dense)}` }];
  });
}

function versionIssues({ quantization }: RequantizeRequest, serverVersion: string): Issue[] {
  const [kind, section] = Object.entries(quantization ?? {})[0] ?? ['none', {}];
  const { memory } = section as { memory?: string };
  const tooOld = (field: string, value: unknown, minor: number, instead: string): Issue[] =>
    isAtLeast(serverVersion, minor)
      ? []
      : [{ field, value, message: `Qdrant 1.${minor} or later has it, this one is ${serverVersion}: ${instead}` }];
  return [
    ...(kind === 'turbo' ? tooOld('quantization.turbo', section, 18, 'take scalar or binary') : []),
    ...(memory === undefined ? [] : tooOld(`quantization.${kind}.memory`, memory, 19, 'set always_ram')),
  ];
}

function exactSearchIssues({ strictModeConfig }: CollectionInfo): Issue[] {
  if (strictModeConfig?.enabled !== true || strictModeConfig.search_allow_exact !== false) return [];
  const message =
    'the strict mode of the collection refuses exact searches, by which the overlap is measured: allow them for the time with PATCH {"strict_mode_config": {"search_allow_exact": true}}';
  return [{ field: 'collection.strict_mode_config.search_allow_exact', value: false, message }];
}

/** Below this, one bit a dimension leaves too little to tell vectors apart. */
const dimensionsForBinary = 1_024;

/** What a person should know before the word is given. */
export function requantizeWarnings(scene: RequantizeScene): string[] {
  return [...[...scene.wanted].flatMap(([name, storage]) => vectorWarnings(scene, name, storage)), ...loadWarnings(scene)];
}

function vectorWarnings({ info, indexing }: RequantizeScene, name: string, { quantization, originals }: VectorStorage): string[] {
  const called = name === '' ? 'the unnamed vector' : `"${name}"`;
  const dimensions = info.vectors[name]?.size ?? 0;
  const [kind, section] = Object.entries(quantization ?? {})[0] ?? ['none', {}];
  const { always_ram: alwaysRam, memory } = (section ?? {}) as Readonly<Record<string, unknown>>;
  const inMemory = alwaysRam === true || memory === 'cached' || memory === 'pinned';
  const before = storageOf(info, name).quantization;
  const madeWithIndex = kind === 'scalar' || kind === 'product';
  const sentences: readonly (readonly [applies: boolean, sentence: string])[] = [
    [
      kind === 'binary' && dimensions < dimensionsForBinary,
      `binary quantization of ${called}, which has ${dimensions} dimensions: below ${dimensionsForBinary} too little is left; a model of 384 dimensions kept 0.18 of the ten nearest when measured, 0.32 with rescoring`,
    ],
    [kind === 'binary', `binary quantization suits models whose values lie around zero, and few were made for it: go by what is measured`],
    [kind === 'product', 'product quantization is slow to build and slow to search: only where nothing but memory counts'],
    [
      kind !== 'none' && originals === 'memory',
      `quantized vectors come on top: the originals of ${called} stay in memory too. Where memory is the aim, put them on disk (originals: disk, --originals disk)`,
    ],
    [
      kind !== 'none' && originals === 'disk' && !inMemory,
      `with the originals of ${called} on disk the quantized vectors are there too, and every search reads the disk, unless always_ram keeps them in memory (--always-ram)`,
    ],
    [
      originals === 'disk' && (kind === 'none' || inMemory),
      `${kind === 'none' ? 'searches read' : 'rescoring reads'} the originals of ${called} from disk: on slow disks that is felt`,
    ],
    [
      madeWithIndex && indexing.indexedVectors === 0,
      `nothing of "${info.name}" is indexed (it is below optimizers_config.indexing_threshold, or indexing is switched off): ${kind} quantization is made with the index, so nothing changes until there is one`,
    ],
    [kind === 'none' && before !== null, `without quantization every search of ${called} compares whole vectors`],
  ];
  return sentences.flatMap(([applies, sentence]) => (applies ? [sentence] : []));
}

function loadWarnings({ info, aliases }: RequantizeScene): string[] {
  const served = aliases.length === 0 ? '' : ` (${aliases.map((alias) => `"${alias}"`).join(', ')})`;
  return [
    `Qdrant rebuilds the segments of "${info.name}", ${info.pointsCount} points: that takes processor, disk for old and new segments, and makes searches slower meanwhile. The collection and its aliases${served} are served throughout`,
  ];
}

/**
 * Throws `wrong-state` where a migration is filling the collection, or reading it, and has not switched yet: of its target the indexing is
 * held back and set by the spec; of its source the settings and searches are what its gates compare with. By the metadata of all
 * collections, so that migrations of every fleet count. One that is `observing` has measured, and lets it be.
 */
export async function checkNotAtWork(collections: Collections, name: string): Promise<void> {
  for await (const info of describeAll(collections)) {
    const found = activeMigrationOf(info);
    if (found === null || found.phase === 'observing' || (info.name !== name && found.source !== name)) continue;
    const role = info.name === name ? 'the target' : 'the source';
    const first = found.mending ?? `requantize it once the migration has switched or ended (${reembed('status', found.id)})`;
    throw new ReembedError(
      'wrong-state',
      `"${name}" is ${role} of migration ${found.id}, which is ${found.phase}, and measures it as it is now: ${first}`,
    );
  }
}
