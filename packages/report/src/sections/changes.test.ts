import { expect, it } from 'vitest';
import { diffSettings } from './changes.ts';

it('tells what differs from what is equal, by dotted paths in order', () => {
  const old = { hnsw_config: { m: 16, ef_construct: 100 }, params: { on_disk_payload: true } };
  const now = { params: { on_disk_payload: true }, hnsw_config: { m: 32, ef_construct: 100 } };
  expect(diffSettings(old, now)).toEqual({
    differ: [{ path: 'hnsw_config.m', old: '16', new: '32' }],
    equal: [
      { path: 'hnsw_config.ef_construct', old: '100', new: '100' },
      { path: 'params.on_disk_payload', old: 'true', new: 'true' },
    ],
  });
});

it('takes null for not set, and says so of either side', () => {
  expect(diffSettings({ a: null, b: 1 }, { c: 'x' }).differ).toEqual([
    { path: 'b', old: '1', new: null },
    { path: 'c', old: null, new: '"x"' },
  ]);
  expect(diffSettings({ a: null }, {})).toEqual({ differ: [], equal: [] });
});

it('keeps the unnamed vector and names with dots apart from paths', () => {
  const { equal } = diffSettings(
    { vectors: { '': { size: 4 }, 'a.b': { size: 4 } } },
    { vectors: { '': { size: 4 }, 'a.b': { size: 4 } } },
  );
  expect(equal.map(({ path }) => path)).toEqual(['vectors."".size', 'vectors."a.b".size']);
});
