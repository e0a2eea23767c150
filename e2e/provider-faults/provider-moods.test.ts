import { type ProviderMood, poison, providerMoods } from '@reembed/testkit';
import { expect, test } from 'vitest';
import { differences, stubbed } from '../support/compare-collections.ts';
import { documentMigration } from '../support/document-migration.ts';
import { eventually } from '../support/eventually.ts';
import { startFleet, stubModel } from '../support/fleet.ts';
import { putPoints, somePoints } from '../support/source-collection.ts';

/** What no table of single requests can show: the vectors that come are right by themselves. */
const ofMigrations: readonly ProviderMood[] = [
  {
    name: 'a server that mixes the texts of a batch',
    meets: () => ({ kind: 'leans-on-batch', share: 0.3 }),
    comes: { stops: /another vector within a batch than alone.*maxInputs: 1/ },
  },
];

/** A third of the moods, each the model of a migration of its own, all at once on one fleet. */
const played: readonly ProviderMood[] = [...providerMoods.filter((_, at) => at % 3 === 0), ...ofMigrations];
const models = Object.fromEntries(played.map((_, at) => [`mood/${at}`, `mood-${at}`]));
const points = 40;
const poisoned = '7';

test('a third of the moods through whole migrations: vectors are right, points set aside by name, or it stops or waits with the words', async () => {
  const seen = new Map<string, number>();
  const mood = (texts: readonly string[], _: number, model: string) => {
    const nth = seen.get(model) ?? 0;
    seen.set(model, nth + 1);
    return played[Number(model.slice('mood-'.length))]?.meets(texts, nth) ?? null;
  };
  await using fleet = await startFleet({ models, stub: { mood }, providerTimeoutMs: 30_000 });
  const { api, http } = fleet;
  await Promise.all(
    played.map(async ({ name, comes }, at) => {
      const { source, target, spec } = await documentMigration(fleet, { points, ids: 'integers' });
      const point = somePoints(points, 'integers').find(({ id }) => id === poisoned) ?? expect.fail(name);
      await putPoints(http, source, [{ ...point, payload: point.payload.replace('"Document', `"${poison} Document`) }]);
      const vectors = { new: { embed: { model: `mood/${at}`, text: '{{title}}' } } };
      const { id } = await api.submit({ ...spec, vectors });
      if (typeof comes === 'object' && !('setAside' in comes)) {
        const view = await eventually(`${name} is told`, async () => {
          const now = await api.view(id);
          return now.error !== null || now.waiting?.kind === 'provider' ? now : null;
        });
        expect(view.error?.message ?? view.waiting?.reason, name).toMatch('stops' in comes ? comes.stops : comes.waits);
        return;
      }
      const { progress } = await api.until(id, 'ready');
      const aside = comes === 'all-embedded' ? 0 : 1;
      expect(progress, name).toMatchObject({ setAside: aside, ranges: { failed: 0 } });
      const made = stubbed(`mood-${at}`, stubModel.dimensions, ({ title }) => String(title));
      const found = await differences({ http, source, target, vectors: { new: made } });
      expect(found, name).toEqual(aside === 0 ? [] : [`${poisoned} is missing`]);
    }),
  );
});
