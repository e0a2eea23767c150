import type { SpecInput } from '@reembed/contracts';
import { type Comparison, differences, type Expected, hashed, stubbed } from './compare-collections.ts';
import { type Fleet, stubModel } from './fleet.ts';
import { createSource, type IdKind, plainVector, somePoints } from './source-collection.ts';

/** The migration most scenarios run: documents behind an alias, their old vector kept beside one a model makes of title and body. */
export type DocumentMigration = {
  readonly source: string;
  readonly target: string;
  readonly alias: string;
  readonly points: number;
  readonly spec: SpecInput;
  /** In what the target is not what it has to be. */
  differences(how?: Pick<Comparison, 'keyOrder'>): Promise<string[]>;
};

export type DocumentMigrationOptions = {
  readonly points?: number;
  readonly ids?: IdKind;
  /** Default: hash, which needs nobody. */
  readonly model?: 'hash' | 'stub';
  readonly copy?: SpecInput['copy'];
  /** Of the source collection, besides its vector. */
  readonly body?: object;
};

const text = '{{title}}\n\n{{body}}';

/** What the embed recipe renders of a payload. */
export function renderedText({ title, body }: Record<string, unknown>): string {
  return `${title}\n\n${body}`;
}

/** Creates source and alias and says how to migrate them; submits nothing. */
export async function documentMigration(
  fleet: Pick<Fleet, 'http' | 'name'>,
  options: DocumentMigrationOptions = {},
): Promise<DocumentMigration> {
  const { http, name } = fleet;
  const { points = 1_000, ids = 'mixed', model = 'hash', copy, body } = options;
  const [source, target, alias] = [name('source'), name('target'), name('alias')];
  name(`${alias}.next`);
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' }, ...body }, somePoints(points, ids, plainVector));
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: source } }] });
  const spec: SpecInput = {
    name: alias,
    source: { collection: source },
    target: { collection: target, alias },
    vectors: { '': { keep: '' }, new: { embed: { model: model === 'hash' ? 'hash/64' : stubModel.name, text } } },
    copy: { rangePoints: 100, pagePoints: 25, ...copy },
    // Scenarios count what is embedded: the gate's sample would be more of it.
    gates: { sampledPoints: 0 },
  };
  const made: Expected = model === 'hash' ? hashed(64, renderedText) : stubbed(stubModel.providerName, stubModel.dimensions, renderedText);
  const vectors = { '': { keep: '' }, new: made };
  return { source, target, alias, points, spec, differences: (how = {}) => differences({ http, source, target, vectors, ...how }) };
}
