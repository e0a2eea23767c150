import type { Failure } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { differences, stubbed } from '../support/compare-collections.ts';
import { startFleet, stubModel } from '../support/fleet.ts';
import { createSource, plainVector, type SourcePoint } from '../support/source-collection.ts';

/** By name: the payload's JSON, and the text a model is to see of it; or the code under which the point is set aside. */
type Poison = { readonly payload: string; readonly text: string } | { readonly payload: string; readonly aside: string };

const megabyte = 'one megabyte of text, '.repeat(48_000);
const nested = (depth: number, inner: string) => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`;

const poison: Readonly<Record<string, Poison>> = {
  '1 MB': { payload: JSON.stringify({ text: megabyte }), text: megabyte.trim() },
  '1 MB of surrogate pairs': { payload: JSON.stringify({ text: '🚀'.repeat(250_000) }), text: '🚀'.repeat(250_000) },
  'an integer past 2^63': { payload: '{"text":12345678901234567890}', text: '12345678901234567890' },
  'a float that is whole': { payload: '{"text":1.0}', text: '1.0' },
  'a boolean': { payload: '{"text":false}', text: 'false' },
  'a list': { payload: '{"text":["a",null,"",["b",1.0],{"c":"c"}]}', text: 'a, b, 1.0, c' },
  'a list nested a hundred deep': { payload: `{"text":${nested(100, '"deep"')}}`, text: 'deep' },
  'control characters': { payload: '{"text":"a\\u0000b\\u001f\\ufeff\\u2028 c"}', text: 'a\u0000b\u001f\ufeff\u2028 c' },
  'numbers beside the text': {
    payload:
      '{"text":"numbers","n":[1.0,-0.0,1e30,1.7976931348623157e308,5e-324,9007199254740993,18446744073709551615,-9223372036854775808]}',
    text: 'numbers',
  },
  'odd keys': {
    payload: '{"":"empty","\\\\":[{"a":{"\\\\":1}},{"a":{"\\"":1}}],"__proto__":{"a":1},"constructor":2,"a.b":3,"text":"keys"}',
    text: 'keys',
  },
  'an empty text': { payload: '{"text":""}', aside: 'text-missing' },
  blanks: { payload: '{"text":" \\n\\t "}', aside: 'text-missing' },
  null: { payload: '{"text":null}', aside: 'text-missing' },
  'an empty list': { payload: '{"text":[]}', aside: 'text-missing' },
  'a list of nothing': { payload: '{"text":[null,"",{}]}', aside: 'text-missing' },
  'an object without a text': { payload: '{"text":{}}', aside: 'text-missing' },
  'no such field': { payload: '{"other":"text"}', aside: 'text-missing' },
  'no payload': { payload: '{}', aside: 'text-missing' },
  'a text the provider refuses': { payload: '{"text":"this is unspeakable"}', aside: 'provider-refused-input' },
};
const names = Object.keys(poison);
const copies = 2;

/** Every third point is one of the poisons, each twice; nothing is wrong with the others. */
const nameOf = (n: number) => (n % 3 === 0 ? names[(n / 3 - 1) % names.length] : undefined);
const numbers = Array.from({ length: names.length * copies * 3 }, (_, at) => at + 1);

function pointOf(n: number): SourcePoint {
  const name = nameOf(n);
  const found = name === undefined ? undefined : poison[name];
  const payload = found?.payload ?? `{"text":"healthy ${n}"}`;
  const named = payload === '{}' || name === undefined ? payload : `{"poison":${JSON.stringify(name)},${payload.slice(1)}`;
  return { id: String(n), payload: named, vector: plainVector(n) };
}

function textOf({ poison: name, text }: Record<string, unknown>): string | null {
  if (name === undefined) return typeof text === 'string' ? text : null;
  const found = poison[String(name)];
  return found !== undefined && 'text' in found ? found.text : null;
}

/** As deep as set_payload takes it, and two levels deeper than an upsert does. */
const tooDeep = { id: numbers.length + 1, payload: `{"text":"as deep as can be","deep":${nested(125, '1')}}` };

test('poison points: whatever can be embedded arrives equal, the rest is set aside with a reason, and nothing else suffers', async () => {
  await using fleet = await startFleet({ stub: { refusedText: 'unspeakable' } });
  const { api, http } = fleet;
  const [source, target, alias] = [fleet.name('source'), fleet.name('target'), fleet.name('alias')];
  fleet.name(`${alias}.next`);
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, numbers.map(pointOf));
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: source } }] });
  await http.call('PUT', `/collections/${source}/points?wait=true`, `{"points":[{"id":${tooDeep.id},"vector":${plainVector(1)}}]}`);
  await http.call('POST', `/collections/${source}/points/payload?wait=true`, `{"points":[${tooDeep.id}],"payload":${tooDeep.payload}}`);
  // What no Qdrant stores cannot be in a source.
  for (const payload of ['{"text":"\\ud800"}', '{"n":1e400}', `{"deep":${nested(200, '1')}}`]) {
    const point = `{"points":[{"id":1,"payload":${payload},"vector":${plainVector(1)}}]}`;
    expect(await http.status('PUT', `/collections/${source}/points?wait=true`, point)).toBe(400);
  }

  const { id } = await api.submit({
    name: 'poison',
    source: { collection: source },
    target: { collection: target, alias },
    vectors: { '': { keep: '' }, new: { embed: { model: stubModel.name, text: '{{text}}' } } },
    copy: { rangePoints: 20, pagePoints: 10 },
  });
  const { progress } = await api.until(id, 'ready');
  const codeOf = (n: number) => {
    const found = poison[nameOf(n) ?? ''];
    return found !== undefined && 'aside' in found ? found.aside : null;
  };
  const aside = [...numbers.flatMap((n) => (codeOf(n) === null ? [] : [[n, codeOf(n)]])), [tooDeep.id, 'qdrant-refused']];
  expect(progress).toMatchObject({ setAside: aside.length, ranges: { failed: 0 } });
  const { body } = await api.request<{ failures: Failure[] }>('GET', `/v1/migrations/${id}/failures?limit=1000`);
  expect(body.failures.map((failure) => [Number(failure.id.id), failure.code])).toEqual(aside);
  for (const failure of body.failures) {
    expect(failure.reason).toContain(`point ${failure.id.id}`);
    expect(failure.reason).toMatch(reasons[failure.code] ?? /a code nobody expects/);
  }

  const vectors = { '': { keep: '' }, new: stubbed(stubModel.providerName, stubModel.dimensions, textOf) };
  const missing = aside.map(([n]) => `${n} is missing`);
  expect((await differences({ http, source, target, vectors })).sort()).toEqual(missing.sort());
  const stored = await http.scroll(target);
  const odd = stored.find(({ payload }) => payload.includes('"odd keys"'));
  expect(odd?.payload).toBe(pointOf(3 * (names.indexOf('odd keys') + 1)).payload);

  await api.request('POST', `/v1/migrations/${id}/failures/accept`, { all: true });
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  expect((await http.aliases())[alias]).toBe(target);
  expect((await differences({ http, source, target, vectors })).sort()).toEqual(missing);
});

/** What a person has to be told. */
const reasons: Readonly<Record<string, RegExp>> = {
  'text-missing': /has no text: no field of "\{\{text\}\}" has a value in its payload; set text or onMissingText/,
  'provider-refused-input': /answered 400 .*other texts pass, so it is this one: shorten or mend it/,
  'qdrant-refused': /recursion limit/,
};
