import { afterAll, beforeAll, describe } from 'vitest';
import { aliasPromises } from './aliases-contract.ts';
import { collectionPromises, inferencePromises, payloadIndexPromises } from './collections-contract.ts';
import { readingPromises } from './read-points-contract.ts';
import type { Stores } from './store-scene.ts';
import { conditionalPromises, exactnessPromises, inPlacePromises, insertingPromises } from './write-points-contract.ts';

/** What the ports Collections and Points promise; every adapter and every fake of them runs it. */
export function runStoreContract(name: string, makeStores: () => Promise<Stores>): void {
  describe(`${name} keeps the promises of Collections and Points`, () => {
    let stores: Stores;
    beforeAll(async () => {
      stores = await makeStores();
    });
    afterAll(async () => {
      await stores[Symbol.asyncDispose]();
    });

    describe('collections', () => collectionPromises(() => stores));
    describe('payload indexes', () => payloadIndexPromises(() => stores));
    describe('inference', () => inferencePromises(() => stores));
    describe('aliases', () => aliasPromises(() => stores));
    describe('reading points', () => readingPromises(() => stores));
    describe('inserting points', () => insertingPromises(() => stores));
    describe('writing and deleting where points match', () => conditionalPromises(() => stores));
    describe('vectors in place', () => inPlacePromises(() => stores));
    describe('exactness', () => exactnessPromises(() => stores));
  });
}
