import { expect, it } from 'vitest';
import { OrderedIds } from './ordered-ids.ts';
import { compareIds, type PointId, uuidId } from './point-id.ts';

function scrambled(count: number): PointId[] {
  return Array.from({ length: count }, (_, i) => {
    const hash = Math.imul(i + 1, 2654435761) >>> 0;
    if (i % 3 === 0) return hash;
    if (i % 3 === 1) return BigInt(hash) + 2n ** 60n;
    return `${hash.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  });
}

function walked(ids: OrderedIds, from?: PointId): PointId[] {
  const found: PointId[] = [];
  ids.walk(from, (id) => {
    found.push(id);
    return true;
  });
  return found;
}

it('ids come in order, integers before UUIDs, whatever order they were put in and after any were taken out', () => {
  const ids = new OrderedIds();
  const all = scrambled(5000);
  for (const [slot, id] of all.entries()) ids.insert(id, slot);
  const kept = all.filter((_, i) => i % 7 !== 0);
  for (const id of all.filter((_, i) => i % 7 === 0)) ids.remove(id);
  const sorted = [...kept].sort(compareIds);
  expect(walked(ids)).toEqual(sorted);
  expect(ids.size).toBe(sorted.length);
  const middle = sorted[2500];
  expect(walked(ids, middle)).toEqual(sorted.slice(2500));
});

it('a walk starts at the first id that is not before a place where no id is', () => {
  const ids = new OrderedIds();
  for (let id = 0; id < 3000; id += 2) ids.insert(id, id);
  expect(walked(ids, 1023)[0]).toBe(1024);
  expect(walked(ids, 2999)).toEqual([]);
  expect(walked(ids, '00000000-0000-0000-0000-000000000000')).toEqual([]);
});

it('taking out an id that is not there changes nothing', () => {
  const ids = new OrderedIds();
  ids.remove(1);
  ids.insert(2, 0);
  ids.remove(1);
  expect(walked(ids)).toEqual([2]);
});

it('a UUID has one form, however it is spelled', () => {
  const form = 'aaaaaaaa-0000-4000-8000-000000000001';
  for (const text of [form, form.toUpperCase(), `urn:uuid:${form}`, `{${form}}`, form.replaceAll('-', '')]) expect(uuidId(text)).toBe(form);
  for (const text of ['7', 'aaaaaaaa', `{${form}`, `${form}0`, `{${form.replaceAll('-', '')}}`]) expect(uuidId(text)).toBeUndefined();
});
