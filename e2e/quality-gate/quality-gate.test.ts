import type { Report, SpecInput, TrialReply } from '@reembed/contracts';
import { expect, test } from 'vitest';
import { type Expected, hashed, stubbed } from '../support/compare-collections.ts';
import { type Fleet, type FleetOptions, startFleet, stubModel } from '../support/fleet.ts';
import { createSource, documentOf, type SourcePoint } from '../support/source-collection.ts';

const text = '{{title}} {{body}}';
const rendered = ({ title, body }: Record<string, unknown>) => `${title} ${body}`;
/** hash/64 finds documents by their words; the stub's vectors have nothing to do with what a text says. */
const models = {
  'hash/64': { dimensions: 64, make: hashed(64, rendered) },
  [stubModel.name]: { dimensions: stubModel.dimensions, make: stubbed(stubModel.providerName, stubModel.dimensions, rendered) },
} satisfies Record<string, { dimensions: number; make: Expected }>;
type Model = keyof typeof models;

const documents = 300;
const asked = Array.from({ length: 60 }, (_, at) => at + 1);
const queries = asked.map((n) => ({ id: `q${n}`, text: documentOf(n).body }));
const qrels = asked.map((n) => ({ query: `q${n}`, document: String(n), relevance: 1 }));

async function pointsOf(model: Model): Promise<SourcePoint[]> {
  const { make } = models[model];
  const points = Array.from({ length: documents }, async (_, at) => {
    const payload = documentOf(at + 1);
    const vector = 'make' in make ? await make.make(payload) : null;
    return { id: String(at + 1), payload: JSON.stringify(payload), vector: JSON.stringify(Array.from(vector ?? [])) };
  });
  return Promise.all(points);
}

type Change = { readonly gates?: SpecInput['gates']; readonly mode?: 'auto' | 'manual'; readonly known?: boolean };

/** A migration from one model to the other, with queries whose answers are known. */
async function submitted(fleet: Fleet, from: Model, to: Model, { gates = {}, mode = 'manual', known = true }: Change = {}) {
  const { http, api, name } = fleet;
  const [source, target, alias] = [name('source'), name('target'), name('alias')];
  name(`${alias}.next`);
  await createSource(http, source, { vectors: { size: models[from].dimensions, distance: 'Cosine' } }, await pointsOf(from));
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: source } }] });
  const { id } = await api.submit({
    name: alias,
    source: { collection: source, vectors: known ? { '': { model: from, text } } : {} },
    target: { collection: target, alias },
    vectors: { '': { embed: { model: to, text } } },
    gates: { queries, qrels, ...gates },
    switch: { mode },
  });
  return { id, source, target, alias };
}

async function withFleet(run: (fleet: Fleet) => Promise<void>, options: FleetOptions = {}): Promise<void> {
  await using fleet = await startFleet(options);
  await run(fleet);
}

const word = { gate: 'quality', by: 'Ada', reason: 'the old model is shut down tomorrow' } as const;

test('an upgrade passes and switches by itself; its report has the numbers, and both collections can be asked', () =>
  withFleet(async (fleet) => {
    const { api, http } = fleet;
    const { id, alias, target } = await submitted(fleet, stubModel.name, 'hash/64', {
      mode: 'auto',
      gates: { slices: ['title'], scoreThreshold: 0.1 },
    });
    const view = await api.until(id, 'observing');
    expect(view.gates).toMatchObject({ fidelity: { verdict: 'pass' }, quality: { verdict: 'pass' } });
    expect((await http.aliases())[alias]).toBe(target);
    const { body: report } = await api.request<Report>('GET', `/v1/migrations/${id}/report`);
    expect(report).toMatchObject({ verdict: 'pass', gates: { quality: { basis: 'labels', labelled: 60 } }, counts: { source: documents } });
    // Every title is a slice of its own, too small to be judged but together.
    expect(report.gates?.quality).toMatchObject({
      slices: expect.arrayContaining([expect.objectContaining({ field: 'title', value: null, verdict: 'pass', queries: 60 })]),
      threshold: { basis: 'precision', old: 0.1 },
      changed: expect.arrayContaining([
        expect.objectContaining({ new: expect.arrayContaining([expect.objectContaining({ document: '7' })]) }),
      ]),
    });
    expect(report.phases.map(({ phase }) => phase)).toContain('verifying');
    const { body: compared } = await api.request<{ queries: { old: unknown[]; new: { id: { id: string } }[] }[] }>(
      'POST',
      `/v1/migrations/${id}/compare`,
      { queries: [documentOf(7).body], limit: 3 },
    );
    expect(compared.queries[0]?.old).toHaveLength(3);
    expect(compared.queries[0]?.new[0]?.id.id).toBe('7');
  }));

test('a trial says which of two models is worth it; the migration does not pay for its vectors again, and a word deletes them', () =>
  withFleet(async (fleet) => {
    const { api, http, name } = fleet;
    const [source, target] = [name('source'), name('target')];
    await createSource(
      http,
      source,
      { vectors: { size: models[stubModel.name].dimensions, distance: 'Cosine' } },
      await pointsOf(stubModel.name),
    );
    const candidate = (model: Model): SpecInput => ({
      ...{ name: model, source: { collection: source, vectors: { '': { model: stubModel.name, text } } }, target: { collection: target } },
      ...{ vectors: { '': { embed: { model, text } } }, gates: { queries, qrels } },
    });
    const body = { specs: [candidate('hash/64'), candidate(stubModel.name)], points: 200 };
    const tried = async () => {
      for (;;) {
        const reply = await api.request<TrialReply>('POST', '/v1/trials', body);
        if (!('state' in reply.body)) return reply.body;
      }
    };
    const trial = await tried();
    expect(trial).toMatchObject({
      candidates: [
        { name: 'hash/64', verdict: 'worth it' },
        { name: stubModel.name, verdict: 'not shown' },
      ],
      sample: { points: 200, ofPoints: documents },
    });
    expect(await tried()).toMatchObject({ id: trial.id, kept: 400 });
    const { id } = await api.submit(candidate('hash/64'));
    expect((await api.until(id, 'ready')).progress).toMatchObject({ kept: 200, texts: documents - 200 });
    const refused = await api.request<{ code: string }>('POST', `/v1/migrations/${trial.id}/discard`, {});
    expect(refused.body).toMatchObject({ code: 'confirmation-needed' });
    await api.request('POST', `/v1/migrations/${trial.id}/discard`, { confirm: trial.collection });
    expect(await http.call('GET', `/collections/${trial.collection}/exists`)).toMatchObject({ exists: false });
  }));

test('a downgrade is stopped, by hand and by itself; a word with name and reason goes on over it, and is kept', () =>
  withFleet(async (fleet) => {
    const { api, http } = fleet;
    const { id, alias, source, target } = await submitted(fleet, 'hash/64', stubModel.name);
    expect((await api.until(id, 'ready')).blockedBy).toEqual(['quality']);
    const refused = await api.refusedCommand(id, 'switch');
    expect(refused).toMatchObject({ status: 409, body: { code: 'gate-not-passed', message: expect.stringContaining('nDCG@10') } });
    expect((await http.aliases())[alias]).toBe(source);
    await api.command(id, 'switch', { override: word });
    expect((await api.until(id, 'observing')).overrides).toMatchObject([{ ...word, verdict: 'fail' }]);
    expect((await http.aliases())[alias]).toBe(target);
  }));

test('where the numbers allow either, or the old model is not known, nothing switches by itself', () =>
  withFleet(async (fleet) => {
    const { api } = fleet;
    const few = { queries: queries.slice(0, 3), qrels: qrels.slice(0, 3), minNdcgDelta: 0.9 };
    const open = await submitted(fleet, 'hash/64', 'hash/64', { mode: 'auto', gates: few });
    expect((await api.until(open.id, 'ready')).blockedBy).toEqual(['quality']);
    const unknown = await submitted(fleet, stubModel.name, 'hash/64', { mode: 'auto', known: false });
    const view = await api.until(unknown.id, 'ready');
    expect(view).toMatchObject({ blockedBy: ['quality'], next: expect.stringContaining('set source.vectors.""') });
  }));

test('429s, 500s and silence of the provider while the gates are measured are waited out', () =>
  withFleet(
    async (fleet) => {
      const { api, stub } = fleet;
      stub.script({ kind: 'rate-limited', retryAfter: '1' }, { kind: 'status', status: 500 }, { kind: 'hung' }, { kind: 'dropped' });
      const { id } = await submitted(fleet, stubModel.name, 'hash/64');
      expect((await api.until(id, 'ready')).gates?.quality.verdict).toBe('pass');
      expect(stub.log.map(({ status }) => status)).toEqual(expect.arrayContaining([429, 500, null]));
    },
    { providerTimeoutMs: 1_000 },
  ));

test('a coordinator killed while the gates are measured costs time, and the numbers are the same', () =>
  withFleet(
    async (fleet) => {
      const { api } = fleet;
      const doomed = await fleet.startCoordinator({ at: 'before', act: 'searches.search', nth: 120, how: 'kill' });
      const { id } = await submitted(fleet, stubModel.name, 'hash/64');
      expect(await doomed.exited()).toBe('SIGKILL');
      await fleet.startCoordinator();
      const view = await api.until(id, 'ready');
      expect(view.gates).toMatchObject({ fidelity: { verdict: 'pass' }, quality: { verdict: 'pass' } });
    },
    { coordinators: 0 },
  ));
