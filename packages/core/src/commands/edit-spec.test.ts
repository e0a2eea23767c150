import { metadataKeys, type SpecInput } from '@reembed/contracts';
import { describe, expect, it } from 'vitest';
import { ReembedError } from '../domain/error.ts';
import { anotherFleet, buildSpec, docs, startFleet } from '../stages/fleet.fixture.ts';
import { command } from './commands.ts';
import { submit } from './submit.ts';

type OnFleet = Awaited<ReturnType<typeof startFleet>>;

const said = (changes: readonly { readonly field: string; readonly from: string }[] = []) =>
  changes.map(({ field, from }) => `${field}, ${from}`);
const storedSpec = async (on: OnFleet) =>
  ((await on.stores.collections.describe('docs_v2'))?.metadata[metadataKeys.migration] as { spec: SpecInput } | undefined)?.spec;
const embedding = (embed: object): Partial<SpecInput> => ({
  vectors: { '': { keep: '' }, new: { embed: { model: 'fake/4', text: '{{body}}', ...embed } } },
});

describe('an edited spec of a migration that lives', () => {
  it.each(['preparing', 'copying', 'indexing', 'verifying', 'ready'] as const)(
    'takes effect while it is %s, and is kept by the target',
    async (phase) => {
      const on = await startFleet();
      await on.submit();
      await on.until(phase);
      const { how, migration, changes } = await on.submit(buildSpec({ copy: { rangePoints: 3, pagePoints: 1 } }));
      expect([how, migration.id, said(changes)]).toEqual(['running', 'm1', ['copy.pagePoints, from the next range on']]);
      await on.settle();
      expect(await on.load()).toMatchObject({ phase: 'ready', spec: { copy: { pagePoints: 1 } } });
      expect((await storedSpec(on))?.copy).toMatchObject({ pagePoints: 1 });
      expect(on.stores.pointsOf('docs_v2')).toHaveLength(7);
    },
  );

  it('embeds nothing again that the copy has stored, and goes on with the pass', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('copying');
    await on.step();
    await on.work();
    const { pass } = await on.load();
    const asked = on.embedder.requests.flat().length;
    await on.submit(buildSpec({ copy: { rangePoints: 3, pagePoints: 1 }, gates: { sampledPoints: 0 } }));
    expect((await on.load()).pass).toEqual(pass);
    await on.settle();
    expect(
      on.embedder.requests
        .flat()
        .slice(asked)
        .filter((text) => text.startsWith('text')),
    ).toEqual([]);
  });

  it('keeps how long pages were: one that is being filled in may be written and not read again', async () => {
    const inPlace = (pagePoints: number) =>
      buildSpec({
        target: { collection: 'docs_v1', inPlace: true },
        vectors: { new: { embed: { model: 'fake/4', text: '{{body}}' } } },
        copy: { rangePoints: 5, pagePoints },
      });
    const on = await startFleet();
    await on.submit(inPlace(4));
    await on.until('copying');
    await on.step();
    for (const pagePoints of [1, 3, 2]) await on.submit(inPlace(pagePoints));
    // Stage jobs of before the edits do nothing.
    for (let jobs = 0; jobs < 4; jobs++) await on.step();
    expect((await on.load()).pass).toMatchObject({ kind: 'backfill', pagePointsBefore: 4 });
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'ready', fill: null });
  });

  it('is in the target before the answer: with Redis gone right after it, the edit stands', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('ready');
    await on.submit(buildSpec({ sync: { maxDeleteShare: 0.5 } }));
    const others = anotherFleet(on.deps);
    const { how, migration, changes } = await submit(others, buildSpec({ sync: { maxDeleteShare: 0.5 } }), { takeOver: true });
    expect([how, changes]).toEqual(['adopted', []]);
    expect(migration.spec.sync.maxDeleteShare).toBe(0.5);
  });

  it('takes effect also where only the target tells of the migration', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('ready');
    const others = anotherFleet(on.deps);
    const { how, migration, changes } = await submit(others, buildSpec({ gates: { sampledPoints: 7 } }), { takeOver: true });
    expect([how, said(changes)]).toEqual(['adopted', ['gates.sampledPoints, the gates are measured anew before a switch']]);
    expect(migration.spec.gates.sampledPoints).toBe(7);
    expect((await storedSpec(on))?.gates).toMatchObject({ sampledPoints: 7 });
  });

  it.each<Partial<SpecInput>>([
    { gates: { sampledPoints: 3 } },
    { search: { old: { limit: 20 } } },
    { source: { collection: 'docs_v1', vectors: { '': { model: 'fake/4', text: '{{body}}' } } } },
  ])('has the gates measured anew before anything switches by them: %j', async (change) => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    const before = (await on.load()).gates?.at;
    on.clock.advance(60_000);
    await on.submit(buildSpec(change));
    expect(await on.load()).toMatchObject({ phase: 'verifying', gates: null });
    await expect(command(on.deps, 'm1', 'switch')).rejects.toMatchObject({ code: 'wrong-state' });
    await on.settle();
    const { phase, gates } = await on.load();
    expect(phase).toBe('ready');
    expect(gates?.at).not.toBe(before);
  });

  it('drops what a measurement under way finds by the spec of before', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('verifying');
    while ((await on.load()).gating === null) {
      await on.step();
      await on.work();
    }
    await on.submit(buildSpec({ gates: { sampledPoints: 1 } }));
    expect(await on.load()).toMatchObject({ phase: 'verifying', gating: null, gates: null });
  });

  const eighth = (payload: object) =>
    ({ id: { kind: 'integer', id: '8' }, payload: JSON.stringify(payload), vectors: { '': '[1.0,0.0]' } }) as const;
  const long = eighth({ body: 'word '.repeat(60) });
  it.each([
    ['onMissingText', 'keep-without-vector', eighth({}), true],
    ['onLongText', 'truncate', long, true],
    ['onLongText', 'split-mean', long, false],
  ] as const)('tries points again that were set aside, as %s says now: %s', async (field, value, point, exactTokens) => {
    const on = await startFleet({ points: [...docs(7), point], embedder: { limits: { maxInputTokens: 50 }, exactTokens } });
    await on.submit();
    await on.settle();
    expect(await on.state.setAside.count('m1')).toEqual({ open: 1, accepted: 0 });
    const { changes } = await on.submit(buildSpec(embedding({ [field]: value })));
    expect(said(changes)).toEqual([`vectors."new".embed.${field}, points set aside for it are tried again`]);
    await on.follow();
    await on.follow();
    expect(await on.state.setAside.count('m1')).toEqual({ open: 0, accepted: 0 });
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(8);
  });

  it('tries them again also where the edit was cut short behind the change, and the same spec again changes nothing', async () => {
    const on = await startFleet({ points: [...docs(7), long], embedder: { limits: { maxInputTokens: 50 } } });
    await on.submit();
    await on.settle();
    const truncated = buildSpec(embedding({ onLongText: 'truncate' }));
    const patch: typeof on.deps.collections.patch = async (name, body) => {
      const isChanged = (await on.load()).spec.vectors.new?.embed?.onLongText === 'truncate';
      if (isChanged) throw new ReembedError('qdrant-unreachable', 'away');
      await on.deps.collections.patch(name, body);
    };
    const cut = submit({ ...on.deps, collections: { ...on.deps.collections, patch } }, truncated);
    await expect(cut).rejects.toMatchObject({ code: 'qdrant-unreachable' });
    expect(await on.submit(truncated)).toMatchObject({ how: 'running', changes: [] });
    await on.settle();
    await on.follow();
    expect(await on.state.setAside.count('m1')).toEqual({ open: 0, accepted: 0 });
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(8);
  });

  it('counts deletes anew by the share that it says', async () => {
    const on = await startFleet({ points: docs(40) });
    await on.submit();
    await on.settle();
    on.stores.remove(
      'docs_v1',
      docs(20).map(({ id }) => id),
    );
    await on.settle();
    await on.follow();
    expect(await on.load()).toMatchObject({ phase: 'failed', error: { code: 'deletes-need-approval' } });
    const { migration } = await on.submit(buildSpec({ sync: { maxDeleteShare: 0.6 } }));
    expect(migration).toMatchObject({ phase: 'failed', error: { code: 'deletes-need-approval' } });
    await command(on.deps, 'm1', 'resume');
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'ready', error: null });
    expect(on.stores.pointsOf('docs_v2')).toHaveLength(20);
  });

  it('switches by itself once it says auto', async () => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    await on.submit(buildSpec({ switch: { mode: 'auto' } }));
    await on.settle();
    expect(await on.load()).toMatchObject({ phase: 'observing' });
  });

  it('has writers held by the hook that it says, from the next switch on', async () => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    const { changes } = await on.submit(buildSpec({ switch: { freeze: { url: 'http://127.0.0.1:9/freeze' } } }));
    expect(said(changes)).toEqual(['switch.freeze.url, from the next switch on']);
    await command(on.deps, 'm1', 'switch');
    await on.settle();
    expect([...new Set(on.freezeHook.asked), (await on.load()).phase]).toEqual(['hold', 'release', 'observing']);
  });

  it('cuts ranges as it says from now on', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('copying');
    await on.submit(buildSpec({ copy: { rangePoints: 100, pagePoints: 2 } }));
    await on.settle();
    expect(await on.state.ranges.split('m1')).toMatchObject({ nextSeq: 1, done: true });
  });

  it('refuses all of it by name where one field decides the contents, and says the way', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('ready');
    const spec = buildSpec({ ...embedding({ text: 'T {{body}}' }), copy: { rangePoints: 3, pagePoints: 1 } });
    await expect(on.submit(spec)).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringMatching(
        /m1 \(ready\).*vectors\."new"\.embed\.text: "{{body}}" -> "T {{body}}".*`reembed cancel m1`.*target\.collection another name.*Embedded then: "new" of about 7 texts with fake\/4 \(21 tokens, \$/,
      ),
      issues: [{ field: 'vectors."new".embed.text' }],
    });
    expect((await on.load()).spec.copy.pagePoints).toBe(2);
  });

  it('says what a migration of its own would take from the target, and what it would pay', async () => {
    const title = { embed: { model: 'fake/4', text: '{{title}}' } };
    const points = docs(7).map((point, n) => ({ ...point, payload: JSON.stringify({ body: `text ${n}`, title: `a title ${n}` }) }));
    const on = await startFleet({ points });
    await on.submit(buildSpec({ vectors: { title, new: { embed: { model: 'fake/4', text: '{{body}}' } } } }));
    await on.until('ready');
    for (const [change, says] of [
      [
        { vectors: { title, new: { embed: { model: 'fake/4', text: 'T {{body}}' } } } },
        /taken from there then, and not paid again: "title" of 7 of 7 sampled points. Embedded then: "new" of about 7 texts with fake\/4 \(21 tokens, \$[\d.]+\)\.$/,
      ],
      [
        { vectors: { title, new: { embed: { model: 'fake/4', text: '{{body}}' } } }, sync: { hashField: 'h' } },
        /not paid again: "title" of 7 of 7 sampled points, "new" of 7 of 7 sampled points. Nothing is embedded then\.$/,
      ],
    ] as const)
      await expect(on.submit(buildSpec(change))).rejects.toMatchObject({ code: 'wrong-state', message: expect.stringMatching(says) });
  });

  it('says in place which vectors have to go first, and that the others stay', async () => {
    const spec = (text: string) =>
      buildSpec({
        target: { collection: 'docs_v1', inPlace: true },
        vectors: { one: { embed: { model: 'fake/4', text: '{{body}}' } }, other: { embed: { model: 'fake/4', text } } },
        gates: { sampledPoints: 0 },
      });
    const on = await startFleet();
    await on.submit(spec('{{body}}'));
    await on.settle();
    const edited = spec('T {{body}}');
    await expect(on.submit(edited)).rejects.toMatchObject({
      message: expect.stringMatching(
        /`reembed cancel m1 --drop-vectors other`\), then submit it again: the other vectors stay as they are/,
      ),
    });
    await command(on.deps, 'm1', 'cancel');
    await on.settle();
    await expect(on.submit(edited)).rejects.toMatchObject({
      code: 'plan-blocked',
      message: expect.stringMatching(/vectors\."other".*made by fake\/4 of "{{body}}".*DELETE \/collections\/docs_v1\/vectors\/other/),
    });
    await on.stores.collections.dropVector('docs_v1', 'other');
    const asked = on.embedder.requests.length;
    await on.submit(edited);
    await on.settle();
    expect(await on.load('m2')).toMatchObject({ phase: 'ready' });
    expect(
      on.embedder.requests
        .slice(asked)
        .flat()
        .filter((text) => text.includes('text'))
        .sort(),
    ).toEqual(docs(7).map((_, at) => `T text ${at + 1}`));
  });

  it('refuses a value that no plan would let pass', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('ready');
    for (const [change, field] of [
      [{ search: { new: { using: 'nope' } } }, 'search.new.using'],
      [{ sync: { changedField: 'nope' } }, 'sync.changedField'],
    ] as const)
      await expect(on.submit(buildSpec(change))).rejects.toMatchObject({ code: 'plan-blocked', issues: [{ field }] });
  });

  it('begins the watermark anew with another field that says what changed', async () => {
    const points = docs(7).map((point, n) => ({ ...point, payload: JSON.stringify({ body: `text ${n}`, at: n }) }));
    const on = await startFleet({ points });
    await on.submit();
    await on.settle();
    await on.submit(buildSpec({ sync: { changedField: 'at' } }));
    expect(await on.load()).toMatchObject({ watermark: null, resolved: { changedKind: 'number' } });
    await on.follow();
    expect((await on.load()).watermark).toMatchObject({ seen: 6 });
  });

  it('changes nothing while it switches, and says when it may', async () => {
    const on = await startFleet();
    await on.submit();
    await on.settle();
    await command(on.deps, 'm1', 'switch');
    await expect(on.submit(buildSpec({ gates: { sampledPoints: 3 } }))).rejects.toMatchObject({
      code: 'wrong-state',
      message: expect.stringContaining('submit it again once that is over'),
    });
    await on.settle();
    const { changes } = await on.submit(buildSpec({ gates: { sampledPoints: 3 } }));
    expect(said(changes)[0]).toContain('kept: it has switched');
    expect((await on.load()).gates).not.toBeNull();
  });

  it('is refused for what another fleet has taken over', async () => {
    const on = await startFleet();
    await on.submit();
    await on.until('ready');
    const others = anotherFleet(on.deps);
    await submit(others, buildSpec(), { takeOver: true });
    await expect(on.submit(buildSpec({ gates: { sampledPoints: 3 } }))).rejects.toMatchObject({ code: 'other-fleet' });
    expect((await on.load()).spec.gates.sampledPoints).not.toBe(3);
  });
});
