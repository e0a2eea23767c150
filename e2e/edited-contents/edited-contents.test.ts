import type { DiscardReply, ErrorReply, Plan, Report, SpecInput } from '@reembed/contracts';
import { expect, test } from 'vitest';
import type { AppProcess } from '../support/app-process.ts';
import { type Fleet, startFleet, stubModel } from '../support/fleet.ts';
import { createSource, documentOf, plainVector, putPoints, somePoints } from '../support/source-collection.ts';

const points = 300;
const pagePoints = 10;

const embed = (text: string) => ({ embed: { model: stubModel.name, text }, distance: 'Dot' as const });

/** What the provider was sent from a moment on: titles, and texts of bodies. */
function sentSince({ stub }: Fleet, from: number) {
  const texts = stub.log.slice(from).flatMap((request) => request.texts);
  const titles = texts.filter((text) => /^(Document|Edited) \d+$/.test(text));
  return { titles: titles.sort(), bodies: [...new Set(texts.filter((text) => / number\d+$/.test(text)))] };
}

async function vectorsOf({ http }: Fleet, collection: string, name: string): Promise<Map<string, readonly number[] | undefined>> {
  return new Map((await http.scroll(collection)).map(({ id, vectors }) => [id, vectors[name]]));
}

const edited = (n: number) => ({
  id: String(n),
  payload: JSON.stringify({ n, ...documentOf(n), title: `Edited ${n}` }),
  vector: plainVector(n),
});

async function ended(worker: AppProcess): Promise<void> {
  worker.signal('SIGTERM');
  await worker.exited();
}

/** A worker that is killed right before its fourth write. */
async function killedMidway(fleet: Fleet): Promise<void> {
  const worker = await fleet.startWorker({ at: 'before', act: 'points.insertOnly', nth: 4, how: 'kill' });
  await worker.hit();
  expect(await worker.exited()).toBe('SIGKILL');
}

/** A source behind an alias, and specs that make two vectors of it. */
async function twoVectors(fleet: Fleet) {
  const { http, name } = fleet;
  const [source, alias, ...targets] = [name('source'), name('alias'), name('one'), name('two'), name('three')];
  name(`${alias}.next`);
  await createSource(http, source, { vectors: { size: 4, distance: 'Dot' } }, somePoints(points, 'integers'));
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: source } }] });
  const spec = (target: string, body: string, payload: SpecInput['target']['payload'] = {}): SpecInput => ({
    source: { collection: source },
    target: { collection: target, alias, payload },
    vectors: { title: embed('{{title}}'), body: embed(body) },
    copy: { rangePoints: 50, pagePoints },
    // What is embedded is counted: the gate's sample would be more of it.
    gates: { sampledPoints: 0 },
  });
  const [one = '', two = '', three = ''] = targets;
  return { source, spec, one, two, three };
}

test('an edited spec pays for what it changes alone: one vector of two, with edits in between, a worker killed midway, then a mapping', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http } = fleet;
  const { source, spec, one, two, three } = await twoVectors(fleet);
  const worker = await fleet.startWorker();
  const first = await api.submit(spec(one, '{{body}}'));
  await api.until(first.id, 'ready');

  const refused = await api.refused(spec(one, 'Of {{body}}'));
  expect(refused.status).toBe(409);
  expect(refused.body.message).toMatch(
    /vectors\."body"\.embed\.text.*`reembed cancel m\w+`.*still right is taken from there then.*"title" of (\d+) of \1 sampled points\. Embedded then: "body" of about 300 texts/,
  );
  await api.command(first.id, 'cancel');
  await api.until(first.id, 'cancelled');

  await putPoints(http, source, [edited(10), edited(20)]);
  const before = fleet.stub.log.length;
  const { body: plan } = await api.request<Plan>('POST', '/v1/plans', spec(two, 'Of {{body}}'));
  expect(plan.reminders.join('\n')).toContain(`then \`reembed discard ${first.id} --confirm ${one}\` deletes it`);
  const [title, body] = plan.embeds;
  expect(title?.totalTokens).toBeLessThan((body?.totalTokens ?? 0) / 10);

  await ended(worker);
  const second = await api.submit(spec(two, 'Of {{body}}'));
  await killedMidway(fleet);
  await fleet.startWorker();
  const discard = () => api.request<DiscardReply>('POST', `/v1/migrations/${first.id}/discard`, { confirm: one });
  await api.until(second.id, 'ready');
  const sent = sentSince(fleet, before);
  expect([...new Set(sent.titles)]).toEqual(['Edited 10', 'Edited 20']);
  expect(sent.bodies).toHaveLength(points);
  const [then, now] = [await vectorsOf(fleet, one, 'title'), await vectorsOf(fleet, two, 'title')];
  const differing = [...now].filter(([id, vector]) => JSON.stringify(vector) !== JSON.stringify(then.get(id))).map(([id]) => id);
  expect(differing.sort()).toEqual(['10', '20']);
  const { body: report } = await api.request<Report>('GET', `/v1/migrations/${second.id}/report`);
  // The three pages that were written before the worker was killed may not have been counted.
  expect(report.cost.kept).toBeGreaterThanOrEqual(points - 2 - 3 * pagePoints);
  expect((await discard()).body).toMatchObject({ deleted: one });

  await api.command(second.id, 'cancel');
  await api.until(second.id, 'cancelled');
  const paid = fleet.stub.log.length;
  const third = await api.submit(spec(three, 'Of {{body}}', { rename: { title: 'heading' } }));
  await api.until(third.id, 'ready');
  expect(sentSince(fleet, paid)).toEqual({ titles: [], bodies: [] });
  expect(await vectorsOf(fleet, three, 'title')).toEqual(now);
  expect(await vectorsOf(fleet, three, 'body')).toEqual(await vectorsOf(fleet, two, 'body'));
  expect((await http.scroll(three)).every(({ payload }) => 'heading' in JSON.parse(payload))).toBe(true);
});

test('an earlier target is not discarded while a copy takes from it, and one that is deleted all the same costs money and no vector', async () => {
  await using fleet = await startFleet({ workers: 0 });
  const { api, http } = fleet;
  const { spec, one, two } = await twoVectors(fleet);
  const worker = await fleet.startWorker();
  const first = await api.submit(spec(one, '{{body}}'));
  await api.until(first.id, 'ready');
  await api.command(first.id, 'cancel');
  await api.until(first.id, 'cancelled');
  const before = await vectorsOf(fleet, one, 'title');
  await ended(worker);

  const second = await api.submit(spec(two, 'Of {{body}}'));
  await killedMidway(fleet);
  const refused = await api.request<ErrorReply>('POST', `/v1/migrations/${first.id}/discard`, { confirm: one });
  expect([refused.status, refused.body.message]).toEqual([
    409,
    expect.stringContaining(`migration ${second.id} takes vectors from "${one}"`),
  ]);

  await http.call('DELETE', `/collections/${one}`);
  await http.call('PUT', `/collections/${one}`, { vectors: { title: { size: stubModel.dimensions, distance: 'Dot' } } });
  const wrong = JSON.stringify({ title: Array.from({ length: stubModel.dimensions }, () => 7) });
  await putPoints(
    http,
    one,
    somePoints(points, 'integers', () => wrong),
  );
  await fleet.startWorker();
  await api.until(second.id, 'ready');
  expect(await vectorsOf(fleet, two, 'title')).toEqual(before);
});
