import { expect, it } from 'vitest';
import { integerId as integer } from '../builders/build-documents.ts';
import { newCollection, point, type Stores, twoDimensions } from './store-scene.ts';

export function aliasPromises(stores: () => Stores): void {
  it('does not describe an alias, whose collection it is not', async () => {
    const { collections, collectionName } = stores();
    const alias = collectionName('alias');
    await collections.pointAlias(alias, await newCollection(stores()));
    expect(await collections.describe(alias)).toBeNull();
  });

  it('makes an alias, re-points it in one step, and drops it; dropping it again is no error', async () => {
    const { collections, collectionName } = stores();
    const [first, second, alias] = [await newCollection(stores()), await newCollection(stores()), collectionName('alias')];
    await collections.pointAlias(alias, first);
    expect((await collections.aliases()).get(alias)).toBe(first);
    await collections.pointAlias(alias, second);
    expect((await collections.aliases()).get(alias)).toBe(second);
    await collections.dropAlias(alias);
    expect((await collections.aliases()).has(alias)).toBe(false);
    await collections.dropAlias(alias);
  });

  it('leaves an alias where it is when it cannot be re-pointed', async () => {
    const { collections, collectionName } = stores();
    const [first, alias] = [await newCollection(stores()), collectionName('alias')];
    await collections.pointAlias(alias, first);
    await expect(collections.pointAlias(alias, collectionName('absent'))).rejects.toMatchObject({ code: 'qdrant-not-found' });
    expect((await collections.aliases()).get(alias)).toBe(first);
  });

  it('refuses an alias with the name of a collection and a collection with the name of an alias', async () => {
    const { collections, collectionName } = stores();
    const [first, second, alias] = [await newCollection(stores()), await newCollection(stores()), collectionName('alias')];
    await collections.pointAlias(alias, first);
    await expect(collections.pointAlias(second, first)).rejects.toMatchObject({ code: 'qdrant-conflict' });
    await expect(collections.create(alias, twoDimensions)).rejects.toMatchObject({ code: 'qdrant-conflict' });
  });

  it('drops no collection by the name of its alias, and a collection with all its aliases', async () => {
    const { collections, collectionName } = stores();
    const [collection, alias] = [await newCollection(stores()), collectionName('alias')];
    await collections.pointAlias(alias, collection);
    await collections.drop(alias);
    expect((await collections.aliases()).get(alias)).toBe(collection);
    await collections.drop(collection);
    expect((await collections.aliases()).has(alias)).toBe(false);
  });

  it('takes writes through an alias until the alias is dropped', async () => {
    const { collections, points, collectionName } = stores();
    const [collection, alias] = [await newCollection(stores()), collectionName('fence')];
    await collections.pointAlias(alias, collection);
    await points.insertOnly(alias, [point(integer(1))]);
    await collections.dropAlias(alias);
    await expect(points.insertOnly(alias, [point(integer(2))])).rejects.toMatchObject({ code: 'qdrant-not-found', retry: 'never' });
    expect(await collections.count(collection)).toBe(1);
  });
}
