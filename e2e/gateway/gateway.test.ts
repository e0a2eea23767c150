import type { SpecInput } from '@reembed/contracts';
import { freePort, stubVector } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { startApp } from '../support/app-process.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, startFleet, stubModel } from '../support/fleet.ts';
import { createSource, documentOf } from '../support/source-collection.ts';
import { type Payload, type Seen, startApplication } from './application.ts';

const points = 400;
const { dimensions } = stubModel;
const textOf = ({ title, body }: Omit<Payload, 'seen'>) => `${title}\n\n${body}`;
const models = { 'stub/old': 'old', 'stub/new': 'new' };

/** Documents that the old model made, and what they are of, behind an alias. */
async function makeSource({ http, name }: Fleet) {
  const [source, target, alias] = [name('source'), name('target'), name('alias')];
  name(`${alias}.next`);
  const documents = Array.from({ length: points }, (_, n) => ({ id: n + 1, payload: { ...documentOf(n + 1), seen: 0 } }));
  const vectors = { '': { model: 'stub/old', dimensions, text: '{{title}}\n\n{{body}}' } };
  const stored = documents.map(({ id, payload }) => ({
    ...{ id: String(id), payload: JSON.stringify(payload) },
    vector: JSON.stringify(stubVector('old', '', textOf(payload), dimensions)),
  }));
  await createSource(http, source, { vectors: { size: dimensions, distance: 'Cosine' }, metadata: { reembed: { vectors } } }, stored);
  await http.call('POST', '/collections/aliases', { actions: [{ create_alias: { alias_name: alias, collection_name: source } }] });
  const spec: SpecInput = {
    ...{ name: alias, source: { collection: source }, target: { collection: target, alias } },
    vectors: { '': { embed: { model: 'stub/new', text: '{{title}}\n\n{{body}}' } } },
    copy: { rangePoints: 100, pagePoints: 25 },
    sync: { maxDeleteShare: 1, maxPasses: 50 },
    gates: { sampledPoints: 0 },
    observe: { reverseSync: true },
  };
  return { source, target, alias, spec, documents };
}

test('applications in Python and TypeScript search by text and write through migrate, switch, rollback, forward and complete, and notice nothing', async () => {
  await using fleet = await startFleet({ coordinators: 0, models, stub: { latencyMs: 5 } });
  const { api, http, env, guard } = fleet;
  const coordinators = [await fleet.startCoordinator(), await fleet.startCoordinator()];
  const { source, target, alias, spec, documents } = await makeSource(fleet);
  const ports = [await freePort(), await freePort()];
  const startGateway = (at: number) =>
    startApp('gateway', { env: { ...env, REEMBED_GATEWAY_PORT: String(ports[at]), REEMBED_HOLD_WRITES_MS: '15000' }, guard });
  await using first = await startGateway(0);
  await using _second = await startGateway(1);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  await using python = startApplication('python', [urls, alias, 1_000_000, documents]);
  await using typescript = startApplication('ts', [urls, alias, 2_000_000, documents]);
  const applications = [python, typescript];

  const { id } = await api.submit(spec);
  await api.untilProgress(id, ({ points: done }) => done > 0);
  first.signal('SIGKILL');
  await first.exited();
  await using _third = await startGateway(0);
  await api.until(id, 'ready');
  await api.command(id, 'switch');
  await api.until(id, 'observing');
  await eventually('the old collection is fresh', async () => (await api.view(id)).reverseSync?.freshAsOf ?? null);
  await api.command(id, 'rollback');
  expect((await api.until(id, 'rolled-back')).rollback).toBeNull();
  expect((await http.aliases())[alias]).toBe(source);
  expect(await phasesAfter(fleet, id, 'ready')).toEqual(['switching', 'observing', 'rolling-back', 'rolled-back']);

  const again = await api.submit(spec);
  expect(again).toMatchObject({ how: 'again', target });
  await api.until(again.id, 'ready');
  await api.command(again.id, 'switch');
  coordinators[0]?.signal('SIGKILL');
  const { lateWrites } = await api.until(again.id, 'observing');
  expect(lateWrites).toEqual({ open: 0, findings: [] });
  expect(await phasesAfter(fleet, again.id, 'ready')).toEqual(['switching', 'observing']);
  await api.command(again.id, 'complete', { confirm: source });
  await api.until(again.id, 'completed');

  const seen = await Promise.all(applications.map((one) => one.stop()));
  const kept = Object.assign({}, ...seen.map(({ stored }) => stored)) as Seen['stored'];
  for (const { failed, mixed, searches, writes } of seen) {
    expect({ failed, mixed }).toEqual({ failed: [], mixed: [] });
    expect([searches > 0, writes > 0]).toEqual([true, true]);
  }
  expect(await wrongIn(fleet, target, kept)).toEqual([]);
});

async function phasesAfter({ api }: Fleet, id: string, phase: string): Promise<string[]> {
  const phases = await api.phases(id);
  return phases.slice(phases.lastIndexOf(phase as never) + 1);
}

/** What of an application's writes is not as it was told, payload and vector, or is there though it was deleted. */
async function wrongIn({ http }: Fleet, collection: string, kept: Seen['stored']): Promise<string[]> {
  const found = new Map((await http.scroll(collection)).map((point) => [point.id, point]));
  return Object.entries(kept).flatMap(([id, payload]) => {
    const point = found.get(id);
    if (payload === null || point === undefined)
      return payload === null && point === undefined ? [] : [`${id}: ${JSON.stringify({ payload, point })}`];
    const wanted = stubVector('new', '', textOf(payload), dimensions);
    const isMade = wanted.every((value, at) => Math.abs(value - (point.vectors['']?.[at] ?? 9)) < 1e-5);
    const stored = JSON.parse(point.payload) as Payload;
    const isSame = stored.title === payload.title && stored.body === payload.body && stored.seen === payload.seen;
    return isMade && isSame
      ? []
      : [`${id}: ${point.payload} instead of ${JSON.stringify(payload)}${isMade ? '' : ', with another vector'}`];
  });
}
