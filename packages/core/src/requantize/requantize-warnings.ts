import type { VectorStorage } from '@reembed/contracts';
import type { RequantizeScene } from './requantize-scene.ts';
import { storageOf } from './vector-storage.ts';

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
