import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FusionChoice, Report } from '@reembed/contracts';
import { buildReport } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadSpec } from '../inputs/load-spec.ts';
import { runInProcess } from '../start-cli.fixture.ts';

const spec = `# what we move
source:
  collection: docs_v1
  filter: { must: [{ key: serial, match: { value: 9007199254740993 } }] } # past 2^53
target: { collection: docs_v2 }
vectors: { large: { keep: "" }, words: { bm25: { text: "{{body}}" } } }
search: { old: { limit: 7 } }
`;
const prefetch = [
  { using: 'large', limit: 50 },
  { using: 'words', limit: 50 },
];
const weighted = { prefetch, fusion: 'rrf', rrf: { k: 2, weights: [5, 1] }, limit: 10 };
const ways: FusionChoice['ways'] = [
  { name: '"large" alone', ndcg: 0.4, gains: { difference: -0.012, lower: -0.03, upper: 0.004 }, search: { using: 'large', limit: 10 } },
  { name: 'rrf', ndcg: 0.412, gains: null, search: { prefetch, fusion: 'rrf', limit: 10 } },
  { name: 'rrf, k 2, weights 5 : 1', ndcg: 0.437, gains: { difference: 0.025, lower: 0.009, upper: 0.041 }, search: weighted },
];

function reportOf(change: Partial<FusionChoice>): Report {
  const report = buildReport();
  const { gates } = report;
  if (gates === null || gates.quality.fusion === null) throw new Error('the built report has no fusion');
  return { ...report, gates: { ...gates, quality: { ...gates.quality, fusion: { ...gates.quality.fusion, ways, ...change } } } };
}

/** A coordinator that knows one migration, and a folder with its spec. */
async function scene(report: Report) {
  const server = createServer((_, answer) => answer.setHeader('content-type', 'application/json').end(JSON.stringify(report)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const folder = await mkdtemp(join(tmpdir(), 'reembed-fusion-'));
  const file = join(folder, 'spec.yaml');
  await writeFile(file, spec);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    file,
    run: (...args: string[]) => runInProcess(['fusion', 'm1', ...args], { REEMBED_URL: url }),
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('reembed fusion', () => {
  it('lays the ways to fuse side by side, and says what choosing gains', async () => {
    await using on = await scene(reportOf({}));
    const { exit, out } = await on.run();
    expect(exit).toBe(0);
    expect(out).toMatch(/rrf +0\.412 +as asked/);
    expect(out).toMatch(/rrf, k 2, weights 5 : 1 +0\.437 +\+0\.025 \(\+0\.009 to \+0\.041\)/);
    expect(out).toContain('finds most of 30 ways over 185 labelled queries; choosing gains +0.021 (+0.007 to +0.035)');
  });

  it('writes what is advised into the spec, and leaves the rest of the file as it was', async () => {
    await using on = await scene(reportOf({}));
    const { exit, out } = await on.run('--write', on.file);
    expect(exit).toBe(0);
    expect(out).toContain(`next: \`reembed submit ${on.file}\``);
    const text = await readFile(on.file, 'utf8');
    expect(text).toContain('# what we move');
    expect(text).toContain('9007199254740993');
    expect(parse(text)).toMatchObject({ search: { old: { limit: 7 }, new: weighted } });
    expect((await loadSpec(on.file)).search.new).toMatchObject({ fusion: 'rrf', rrf: { k: 2, weights: [5, 1] } });
  });

  it('writes nothing that is not surely more, unless somebody names it', async () => {
    await using on = await scene(reportOf({ advised: false, heldOut: { difference: 0.01, lower: -0.002, upper: 0.02 } }));
    expect(await on.run('--write', on.file)).toMatchObject({
      exit: 2,
      err: expect.stringContaining(
        "is not surely more than rrf (0.010, -0.002 to 0.020). --way 'rrf, k 2, weights 5 : 1' takes it all the same",
      ),
    });
    expect(await readFile(on.file, 'utf8')).toBe(spec);
    expect(await on.run('--write', on.file, '--way', '"large" alone')).toMatchObject({ exit: 0 });
    expect((await loadSpec(on.file)).search.new).toMatchObject({ using: 'large', prefetch: [], fusion: null });
  });

  it('refuses the spec of another migration, and a way that there is not', async () => {
    await using on = await scene(reportOf({}));
    await writeFile(on.file, spec.replace('docs_v2', 'docs_v3'));
    expect(await on.run('--write', on.file)).toMatchObject({
      exit: 2,
      err: expect.stringContaining('target.collection is "docs_v3", not "docs_v2"'),
    });
    expect(await on.run('--way', 'rff')).toMatchObject({
      exit: 2,
      err: expect.stringContaining('there are: "large" alone; rrf; rrf, k 2'),
    });
  });

  it('says what it takes where nothing was measured', async () => {
    const report = buildReport();
    const quality = report.gates?.quality;
    if (report.gates === null || quality === undefined) throw new Error('no gates');
    await using on = await scene({ ...report, gates: { ...report.gates, quality: { ...quality, fusion: null } } });
    expect(await on.run()).toMatchObject({ exit: 2, err: expect.stringContaining('it takes two lists to fuse') });
  });
});
