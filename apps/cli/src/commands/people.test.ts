import { createHash } from 'node:crypto';
import { accessSchema, auditCollection } from '@reembed/contracts';
import { createQdrantAudit, createQdrantCollections, createQdrantPoints } from '@reembed/qdrant';
import { buildAuditEntry, startTestQdrant } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { runInProcess } from '../start-cli.fixture.ts';

describe('reembed token', () => {
  it('makes a token, and what the file of REEMBED_ACCESS has to say of it: its hash, and until when', async () => {
    const { exit, out: stdout } = await runInProcess(['token', 'Ada Lovelace', '--role', 'operator', '--days', '30', '--json']);
    const { token, entry } = JSON.parse(stdout);
    expect([exit, accessSchema.parse({ tokens: [entry] }).tokens]).toEqual([0, [entry]]);
    expect(entry).toMatchObject({ name: 'Ada Lovelace', role: 'operator', sha256: createHash('sha256').update(token).digest('hex') });
    expect(Math.round((Date.parse(entry.expires) - Date.now()) / 86_400_000)).toBe(30);
    expect(token).toMatch(/^reembed_[\w-]{43}$/);
  });

  it('prints what can be put into that file as it stands, and never the same token twice', async () => {
    const tokens = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const { out: stdout } = await runInProcess(['token', name, '--forever']);
        const [, file = ''] = stdout.split('REEMBED_ACCESS names:');
        expect(accessSchema.parse(parse(file)).tokens).toMatchObject([{ name, role: 'viewer', expires: null }]);
        return /reembed_[\w-]{43}/.exec(stdout)?.[0];
      }),
    );
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  it.each([
    [['token', 'a\u0007b'], 'control characters'],
    [['token', 'ada', '--role', 'root'], 'viewer, operator, admin'],
  ])('refuses %j', async (args, why) => {
    expect(await runInProcess(args)).toMatchObject({ exit: 2, err: expect.stringContaining(why) });
  });
});

describe('reembed audit', () => {
  it('tells what Qdrant keeps where no coordinator answers, page by page or as lines of JSON, and from the days asked for alone', async () => {
    await using server = await startTestQdrant({});
    const address = { url: server.url, requestTimeoutMs: 10_000 };
    const stores = { collections: createQdrantCollections(address), points: createQdrantPoints({ ...address, connections: 1 }) };
    const audit = createQdrantAudit(stores);
    const env = { QDRANT_URL: server.url, REEMBED_URL: 'http://127.0.0.1:1' };
    expect(await runInProcess(['audit'], env)).toMatchObject({ exit: 0, out: expect.stringContaining('Nothing was done') });
    const hours = [24 * 30, 3, 2, 1];
    for (const ago of hours) await audit.append(buildAuditEntry(Date.now() - ago * 3_600_000, { name: `ada ${ago} h ago` }));
    const page = await runInProcess(['audit', '--limit', '2'], env);
    expect(page).toMatchObject({ exit: 0, err: expect.stringContaining('this is what Qdrant at') });
    expect(page.out).toMatch(/ada 3 h ago +admin +127\.0\.0\.1 +switch m1 +ready +asked\n.*ada 2 h ago/);
    const [, more = ''] = /more: `reembed (.*)`/.exec(page.out) ?? [];
    expect(await runInProcess(more.split(' '), env)).toMatchObject({ exit: 0, out: expect.stringContaining('ada 1 h ago') });
    const all = await runInProcess(['audit', '--days', '60', '--ndjson'], env);
    const lines: string[] = all.out.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).name)).toEqual(hours.map((ago) => `ada ${ago} h ago`));
    expect(await stores.collections.names()).not.toContain(auditCollection);
  });
});
