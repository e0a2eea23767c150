import { isDeepStrictEqual } from 'node:util';
import type { SpecInput } from '@reembed/contracts';
import { stubVector } from '@reembed/testkit';
import { differences, stubbed } from './compare-collections.ts';
import { renderedText } from './document-migration.ts';
import { type Fleet, stubModel } from './fleet.ts';
import { createSource, plainVector, somePoints } from './source-collection.ts';
import { type Document, startWriter, type Writer } from './writer.ts';

/**
 * A migration whose source is written to all the while: the unnamed vector is another model's afterwards, so that an application that has
 * not noticed is refused, and the old vector stays beside it.
 */
export type LiveMigration = {
  readonly source: string;
  readonly target: string;
  readonly alias: string;
  readonly spec: SpecInput;
  readonly writer: Writer;
  /** In what the target is not what the source says it has to be. */
  differences(): Promise<string[]>;
  /** Ids whose point in the target is not what the application was told it had stored. */
  lost(): Promise<string[]>;
};

export type LiveMigrationOptions = {
  readonly points: number;
  readonly seed: number;
  readonly copy?: SpecInput['copy'];
  readonly switch?: SpecInput['switch'];
  readonly writesPerSecond?: number;
};

/** Creates source and alias and starts the application; submits nothing. */
export async function liveMigration(
  fleet: Pick<Fleet, 'http' | 'name' | 'qdrant'>,
  { points, seed, copy, switch: switching, writesPerSecond = 30 }: LiveMigrationOptions,
): Promise<LiveMigration> {
  const { http, name, qdrant } = fleet;
  const [source, target, alias] = [name('source'), name('target'), name('alias')];
  name(`${alias}.next`);
  const first = somePoints(points, 'mixed', plainVector);
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, first);
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: source } }] });
  const spec: SpecInput = {
    name: alias,
    source: { collection: source },
    target: { collection: target, alias },
    vectors: { '': { embed: { model: stubModel.name, text: '{{title}}\n\n{{body}}' } }, old: { keep: '' } },
    copy: { rangePoints: 100, pagePoints: 25, ...copy },
    // The application deletes as it likes.
    sync: { maxDeleteShare: 1, maxPasses: 50 },
    // Scenarios count what is embedded: the gate's sample would be more of it.
    gates: { sampledPoints: 0 },
    ...(switching === undefined ? {} : { switch: switching }),
  };
  const writer = startWriter({ http, url: qdrant.url, alias, points: first, seed, writesPerSecond, newVectors });
  const vectors = { '': stubbed(stubModel.providerName, stubModel.dimensions, renderedText), old: { keep: '' } };
  return {
    source,
    target,
    alias,
    spec,
    writer,
    differences: () => differences({ http, source, target, vectors }),
    async lost() {
      const stored = new Map((await http.scroll(target)).map((point) => [point.id, point]));
      return [...writer.everKnown].filter((id) => {
        const wanted = writer.documents.get(id);
        const found = stored.get(id);
        if (wanted === undefined || found === undefined) return wanted !== found;
        const isStored = isDeepStrictEqual(JSON.parse(found.payload), wanted.payload);
        return !isStored || !isDeepStrictEqual(found.vectors.old, wanted.oldVector);
      });
    },
  };
}

function newVectors({ payload, oldVector }: Document): string {
  const made = stubVector(stubModel.providerName, '', renderedText(payload), stubModel.dimensions);
  return JSON.stringify({ '': made, old: oldVector });
}
