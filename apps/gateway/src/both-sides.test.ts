import { type MigrationMetadata, metadataKeys } from '@reembed/contracts';
import { buildMigration } from '@reembed/testkit';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import { startScene } from './gateway.fixture.ts';

type Scene = Awaited<ReturnType<typeof startScene>>;

/** A migration that is ready to switch the scene's alias to a collection of another model. Answers the name of that. */
async function makeReady({ collections, qdrant, alias, collection: source }: Scene): Promise<string> {
  const target = qdrant.collectionName('docs_v2');
  const { id, createdAt, spec, resolved } = buildMigration({ target, alias });
  const migration = {
    ...{ format: 1, id, owner: 'fleet', createdAt, labels: null, textRules: 2, witness: {} },
    spec: { ...spec, source: { ...spec.source, collection: source } },
    resolved: { ...resolved, source },
    vectors: { '': { model: 'hash/32', dimensions: 32, text: '{{body}}' } },
  } as unknown as MigrationMetadata;
  const phase = { phase: 'ready', number: 2, epoch: 1, resumeTo: null, owner: 'fleet', at: createdAt, lateWrites: [] };
  const metadata = { [metadataKeys.migration]: migration, [metadataKeys.phase]: phase };
  await collections.create(target, { vectors: { size: 32, distance: 'Cosine' }, metadata });
  await collections.pointAlias(`${alias}.next`, target);
  return target;
}

const post = (url: string, body: object, headers: object = {}) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) });
const search = ({ url, alias }: Scene, headers: object = {}) =>
  post(`${url}/collections/${alias}/points/query`, { query: { text: 'a cat', model: 'auto' } }, headers);

it('a gateway that is told to shadow asks both sides, and its metrics say what it found', async () => {
  const said: { msg: string; url?: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void said.push(JSON.parse(line)) });
  await using on = await startScene({ settings: { shadowShare: '1', shadowPerSecond: '100' }, log });
  await makeReady(on);
  const answer = await search(on);
  expect([answer.status, answer.headers.get('reembed-collection'), answer.headers.get('reembed-side')]).toEqual([200, on.collection, null]);
  const status = said.find(({ url }) => url !== undefined && url !== on.url)?.url ?? '';
  const metrics = async () => (await fetch(`${status}/metrics`)).text();
  await vi.waitFor(async () => expect(await metrics()).toMatch(/^reembed_shadow_searches_total\{outcome="compared"\} 1$/m));
  expect(await metrics()).toMatch(/^reembed_shadow_agreed_total\{at="10"\} 1$/m);
  expect(await metrics()).toMatch(/^reembed_side_empty_total\{side="new",why="shadow"\} 1$/m);
});

it('a gateway that is told to split leads those who send the header to the new side, each with its own collection', async () => {
  await using on = await startScene({ settings: { splitShare: '1', splitHeader: 'X-User' } });
  const target = await makeReady(on);
  const seen = async (headers: object) => {
    const answer = await search(on, headers);
    return [answer.status, answer.headers.get('reembed-side'), answer.headers.get('reembed-collection')];
  };
  expect(await seen({ 'x-user': 'ada' })).toEqual([200, 'new', target]);
  expect(await seen({})).toEqual([200, 'old', on.collection]);
});
