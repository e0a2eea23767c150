import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PointText } from '@reembed/core';
import { createQdrantAudit, createQdrantCollections, createQdrantPoints } from '@reembed/qdrant';
import { buildAuditEntry } from '@reembed/testkit';
import { describe, expect, test } from 'vitest';

// Only a real Qdrant checks tokens: one with JWT_RBAC at this address, and its API key. Made and deleted are collections with names of their own.
const { REEMBED_TEST_QDRANT_JWT_URL: url = '', REEMBED_TEST_QDRANT_JWT_KEY: key = '' } = process.env;

const page = readFileSync(new URL('../../docs/how-to/least-rights.md', import.meta.url), 'utf8');
const [, worker = '', reader = ''] = page.split('```json\n').map((block) => block.split('```')[0] ?? '');

/** A token as the page has it, with other names, signed by the API key. */
function signed(claims: string, names: Readonly<Record<string, string>> = {}): string {
  const renamed = Object.entries(names).reduce((text, [name, other]) => text.replaceAll(name, other), claims);
  const body = { ...JSON.parse(renamed), exp: Math.floor(Date.now() / 1000) + 600 };
  const text = [{ alg: 'HS256', typ: 'JWT' }, body].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

function storesOf(apiKey: string) {
  const address = { url, apiKey, requestTimeoutMs: 10_000 };
  return { collections: createQdrantCollections(address), points: createQdrantPoints({ ...address, connections: 2 }) };
}

async function setScene() {
  const admin = storesOf(key);
  const id = `t${randomUUID().slice(0, 8)}`;
  const names = { docs_v1: `docs-v1-${id}`, docs_v2: `docs-v2-${id}`, m1: id };
  const { docs_v1: source, docs_v2: target } = names;
  const aside = `reembed.${id}.set-aside`;
  const config = { vectors: { size: 2, distance: 'Dot' } };
  for (const name of [source, target]) await admin.collections.create(name, config);
  await admin.collections.create(aside, { vectors: {} });
  await admin.collections.pointAlias(`reembed.${id}.1`, target);
  await admin.points.insertOnly(source, [point('1')]);
  return {
    ...{ admin, id, names, source, target, aside, fence: `reembed.${id}.1` },
    async [Symbol.asyncDispose]() {
      for (const name of [source, target, aside]) await admin.collections.drop(name);
    },
  };
}

const point = (id: string): PointText => ({ id: { kind: 'integer', id }, payload: '{"a":1}', vectors: { '': '[1,2]' } });
const all = { offset: null, limit: 10, payload: true, vectors: [] };
const refused = { code: expect.stringMatching(/qdrant-(unauthorized|refused)/) };

describe.skipIf(url === '')('tokens of Qdrant with the least rights, as the page has them', () => {
  test('a worker reads the source and writes the target through its alias, and what is set aside', async () => {
    await using on = await setScene();
    const { points } = storesOf(signed(worker, on.names));
    expect((await points.scroll(on.source, all)).points).toHaveLength(1);
    await points.insertOnly(on.fence, [point('1'), point('2')]);
    await points.remove(on.fence, [{ kind: 'integer', id: '2' }]);
    await points.insertOnly(on.aside, [{ ...point('1'), vectors: {} }]);
    expect(await on.admin.collections.count(on.target)).toBe(1);
  });

  test('it cannot write to the source, nor through an alias that is not listed, nor make, delete or see anything else', async () => {
    await using on = await setScene();
    const { points, collections } = storesOf(signed(worker, on.names));
    await on.admin.collections.pointAlias(`reembed.${on.id}.9`, on.target);
    await expect(points.insertOnly(on.source, [point('2')])).rejects.toMatchObject(refused);
    await expect(points.remove(on.source, [point('1').id])).rejects.toMatchObject(refused);
    await expect(points.insertOnly(`reembed.${on.id}.9`, [point('2')])).rejects.toMatchObject(refused);
    await expect(collections.create(`docs-v3-${on.id}`, { vectors: {} })).rejects.toMatchObject(refused);
    await expect(collections.drop(on.target)).rejects.toMatchObject(refused);
    await expect(collections.pointAlias(`other-${on.id}`, on.target)).rejects.toMatchObject(refused);
    await expect(points.scroll('reembed.migrations', all)).rejects.toMatchObject(refused);
    expect(await on.admin.collections.count(on.source)).toBe(1);
  });

  test('whoever looks reads everything, the audit trail too, and writes nothing', async () => {
    await using on = await setScene();
    const name = `audit-${on.id}`;
    await createQdrantAudit(on.admin, name).append(buildAuditEntry(Date.now()));
    try {
      const looking = storesOf(signed(reader));
      expect((await createQdrantAudit(looking, name).page(null, 10)).lines).toHaveLength(1);
      expect(await looking.collections.names()).toContain(on.source);
      expect((await looking.collections.aliases()).get(on.fence)).toBe(on.target);
      expect(await looking.collections.manageRefusal()).not.toBeNull();
      await expect(looking.points.insertOnly(on.target, [point('1')])).rejects.toMatchObject(refused);
      await expect(looking.collections.patch(on.target, { metadata: { a: 1 } })).rejects.toMatchObject(refused);
    } finally {
      await on.admin.collections.drop(name);
    }
  });
});
