import type { PointId } from '@reembed/contracts';
import { type Carrier, type Likeness, type PointText, payloadsEqual, type RawPoint } from '@reembed/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { integerId as integer } from '../builders/build-documents.ts';
import { everyKindOfVector, everyPoint, newCollection, newFilledCollection, point, type Stores, uuid } from './store-scene.ts';

export type CarrierStores = Stores & { readonly carrier: Carrier };

/** What the port Carrier promises, beside the Points of the same store; every adapter and every fake of it runs this. */
export function runCarrierContract(name: string, makeStores: () => Promise<CarrierStores>): void {
  describe(`${name} keeps the promises of Carrier`, () => {
    let stores: CarrierStores;
    beforeAll(async () => {
      stores = await makeStores();
    });
    afterAll(async () => {
      await stores[Symbol.asyncDispose]();
    });

    type From = {
      readonly offset?: PointId | null;
      readonly end?: PointId | null;
      readonly limit?: number;
      readonly vectors?: readonly string[];
    };
    const read = (collection: string, { offset = null, end = null, limit = 100, vectors = [''] }: From = {}) =>
      stores.carrier.read(collection, { offset, end, limit, vectors });

    it('carries points of every kind so that they read as before, but for the order of keys', async () => {
      const [from, to] = [await newCollection(stores, everyKindOfVector), await newCollection(stores, everyKindOfVector)];
      const names = ['', 'named', 'rows', 'sparse'];
      const payloads = [
        '{}',
        '{"empty":"","object":{},"array":[],"null":null,"yes":true,"no":false}',
        '{"past53":9007199254740993,"i64":-9223372036854775808,"most":9223372036854775807}',
        '{"float":1.0,"half":-0.5,"zero":-0.0,"large":1e+30,"small":6.07e-10,"int":1}',
        '{"z":1,"a":{"z":1,"a":2},"text":"ü 😀 漢字 \\" \\\\ \\n ] }","ключ":"значение"}',
      ];
      await stores.points.insertOnly(from, [
        ...payloads.map((payload, at) => point(integer(at), payload, { '': '[0.1,-0.70710677]' })),
        point(integer(2n ** 64n - 1n), '{}', {
          '': '[1e-8,3.4028235e38]',
          named: '[0.1,0.2,0.3]',
          rows: '[[1.0,2.0],[3.0,4.0]]',
          sparse: '{"indices":[9,2],"values":[0.1,0.25]}',
        }),
        point(uuid(1), '{"only":"rows"}', { rows: '[[1.0,2.0]]' }),
      ]);
      const page = await read(from, { vectors: names });
      expect(page?.ids.at(-1)).toEqual(uuid(1));
      if (page === null) throw new Error('the page was not read');
      await stores.carrier.insertOnly(to, page);
      const [sent, stored] = [await everyPoint(stores, from, names), await everyPoint(stores, to, names)];
      expect(stored.map(({ id, vectors }) => ({ id, vectors }))).toEqual(sent.map(({ id, vectors }) => ({ id, vectors })));
      expect(stored.filter(({ payload }, at) => !payloadsEqual(payload, sent[at]?.payload ?? ''))).toEqual([]);
    });

    it('carries what has only an unnamed vector, and only the vectors that are asked for', async () => {
      const [from, to] = [await newFilledCollection(stores, [integer(1), uuid(2)]), await newCollection(stores)];
      const page = await read(from);
      if (page === null) throw new Error('the page was not read');
      await stores.carrier.insertOnly(to, page);
      expect(await everyPoint(stores, to, [''])).toEqual(await everyPoint(stores, from, ['']));
      const many = await newCollection(stores, everyKindOfVector);
      await stores.points.insertOnly(many, [point(integer(1), '{}', { '': '[1.0,2.0]', named: '[1.0,2.0,3.0]' })]);
      const some = await read(many, { vectors: ['named'] });
      const target = await newCollection(stores, everyKindOfVector);
      if (some !== null) await stores.carrier.insertOnly(target, some);
      expect((await everyPoint(stores, target, ['', 'named'])).map(({ vectors }) => Object.keys(vectors))).toEqual([['named']]);
    });

    it('reads page after page up to the end of a range', async () => {
      const ids = [1, 3, 20, 100].map((id) => integer(id));
      const from = await newFilledCollection(stores, [...ids, uuid(1)]);
      const first = await read(from, { limit: 2, end: integer(100) });
      expect(first).toMatchObject({ ids: ids.slice(0, 2), next: ids[2] });
      expect(await read(from, { offset: integer(4), limit: 2, end: integer(100) })).toMatchObject({ ids: [ids[2]], next: null });
      expect(await read(from, { offset: integer(4), limit: 3, end: uuid(1) })).toMatchObject({ ids: ids.slice(2), next: null });
      expect(await read(from, { offset: uuid(2), limit: 2 })).toMatchObject({ ids: [], next: null });
    });

    it('never overwrites a point that exists, and inserts the rest of the page', async () => {
      const from = await newFilledCollection(stores, [integer(1), integer(2)]);
      const to = await newCollection(stores);
      await stores.points.insertOnly(to, [point(integer(1), '{"own":true}', { '': '[9.0,9.0]' })]);
      const page = await read(from);
      if (page !== null) await stores.carrier.insertOnly(to, page);
      const stored = new Map((await everyPoint(stores, to)).map((one: PointText) => [one.id.id, one.payload]));
      expect(stored).toEqual(
        new Map([
          ['1', '{"own":true}'],
          ['2', '{"id":"2"}'],
        ]),
      );
    });

    it('holds points of two collections against each other', async () => {
      const [from, to] = [await newCollection(stores, everyKindOfVector), await newCollection(stores, everyKindOfVector)];
      const payload = '{"z":{"b":1,"a":[{"d":1.5,"c":null}]},"text":"ü","n":9007199254740993}';
      const all = [1, 2, 3, 4].map((id) => point(integer(id), payload, { '': '[0.1,-0.5]' }));
      await stores.points.insertOnly(from, all);
      await stores.points.insertOnly(to, [
        point(integer(1), payload, { '': '[0.1,-0.5]', named: '[0.1,0.2,0.3]' }),
        point(integer(2), payload.replace('1.5', '2.5'), { '': '[0.1,-0.5]', named: '[0.1,0.2,0.3]' }),
        point(integer(3), payload, { '': '[0.1,-0.25]', named: '[0.1,0.2,0.3]' }),
        point(integer(4), payload, { '': '[0.1,-0.5]' }),
      ]);
      const look = (collection: string, vectors: readonly string[]) =>
        stores.carrier.look(collection, { offset: integer(1), end: integer(5), limit: 9, vectors });
      const [source, target] = [await look(from, ['']), await look(to, ['', 'named'])];
      expect(source.points.map(({ id }) => id)).toEqual(all.map(({ id }) => id));
      expect(source.next).toBeNull();
      const alike = (likeness: Likeness) =>
        source.points.map((one, at) => stores.carrier.isAlike(one, target.points[at] as RawPoint, likeness));
      expect(alike({ kept: [{ name: '', from: '' }], made: ['named'] })).toEqual([true, false, false, false]);
      expect(alike({ kept: [], made: ['named'] })).toEqual([true, false, true, false]);
      const [first] = (await stores.carrier.look(from, { offset: null, end: integer(2), limit: 1, vectors: [] })).points;
      expect(first && stores.carrier.isAlike(first, target.points[0] as RawPoint, { kept: [], made: [''] })).toBe(true);
      expect(await stores.carrier.look(from, { offset: null, end: integer(3), limit: 2, vectors: [] })).toMatchObject({ next: null });
      expect(await stores.carrier.look(from, { offset: null, end: null, limit: 2, vectors: [] })).toMatchObject({ next: integer(3) });
    });

    it('writes through an alias, and fails once that is gone', async () => {
      const from = await newFilledCollection(stores, [integer(1)]);
      const to = await newCollection(stores);
      const alias = stores.collectionName('fence');
      await stores.collections.pointAlias(alias, to);
      const [page, late] = [await read(from), await read(from)];
      if (page !== null) await stores.carrier.insertOnly(alias, page);
      expect(await stores.collections.count(to)).toBe(1);
      await stores.collections.dropAlias(alias);
      if (late === null) throw new Error('the page was not read');
      await expect(stores.carrier.insertOnly(alias, late)).rejects.toMatchObject({ code: 'qdrant-not-found' });
    });

    it('says what is wrong with a name in the words that Points has', async () => {
      const from = await newFilledCollection(stores, [integer(1)]);
      await expect(read(stores.collectionName('nowhere'))).rejects.toMatchObject({ code: 'qdrant-not-found' });
      await expect(read(from, { vectors: ['other'] })).rejects.toMatchObject({ code: 'qdrant-refused' });
      const other = await newCollection(stores, { vectors: { size: 3, distance: 'Dot' } });
      const page = await read(from);
      if (page === null) throw new Error('the page was not read');
      await expect(stores.carrier.insertOnly(other, page)).rejects.toMatchObject({ code: 'qdrant-refused', retry: 'never' });
    });
  });
}
