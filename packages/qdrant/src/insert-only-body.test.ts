import { describe, expect, it } from 'vitest';
import { insertOnlyBody } from './insert-only-body.ts';

describe('insertOnlyBody', () => {
  it('passes ids, payloads and vectors on as they came', () => {
    const points = [
      { id: { kind: 'integer', id: '9223372036854775809' }, payload: '{"n":1.0}', vectors: { '': '[1.0,2.0]', 'a"b': '[3.0]' } },
      { id: { kind: 'uuid', id: 'aaaaaaaa-0000-4000-8000-000000000001' }, payload: '{}', vectors: {} },
    ] as const;
    expect(insertOnlyBody(points)).toBe(
      '{"points":[{"id":9223372036854775809,"payload":{"n":1.0},"vector":{"":[1.0,2.0],"a\\"b":[3.0]}},' +
        '{"id":"aaaaaaaa-0000-4000-8000-000000000001","payload":{},"vector":{}}],"update_mode":"insert_only","update_filter":{"must":[{"has_id":[]}]}}',
    );
  });
});
