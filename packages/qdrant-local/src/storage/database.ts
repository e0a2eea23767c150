import { failure } from '../api-error.ts';
import type { CollectionConfig } from '../config/collection-config.ts';
import type { Features } from '../server/versions.ts';
import { Collection } from './collection.ts';

/** All collections and aliases of a server, in memory. */
export class Database {
  readonly features: Features;
  readonly collections = new Map<string, Collection>();
  /** Alias to collection name. */
  readonly aliases = new Map<string, string>();

  constructor(features: Features) {
    this.features = features;
  }

  /** The collection of that name, or behind that alias. Throws 404. */
  resolve(name: string): Collection {
    const collection = this.collections.get(name) ?? this.collections.get(this.aliases.get(name) ?? '');
    if (collection === undefined) throw failure.noCollection(name);
    return collection;
  }

  /** Throws 409 where the name is taken, 400 where it is an alias. */
  create(name: string, config: CollectionConfig): void {
    if (this.collections.has(name)) throw failure.conflict(`Collection \`${name}\` already exists!`);
    if (this.aliases.has(name))
      throw failure.wrongInput(`Can't create collection with name ${name}. Alias with the same name already exists`);
    this.collections.set(name, new Collection(config, this.features));
  }

  /** Deletes a collection and, silently, every alias that points at it. An alias is no name here. */
  delete(name: string): boolean {
    for (const [alias, target] of this.aliases) if (target === name) this.aliases.delete(alias);
    return this.collections.delete(name);
  }

  aliasesOf(name: string): string[] {
    return [...this.aliases].filter(([, target]) => target === name).map(([alias]) => alias);
  }
}
