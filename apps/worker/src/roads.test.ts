import type { Points } from '@reembed/core';
import type { BinaryRoad } from '@reembed/qdrant';
import { buildMigration } from '@reembed/testkit';
import { expect, it } from 'vitest';
import { createRoads } from './roads.ts';

function open(refusal: string | null) {
  const asked: unknown[] = [];
  const said: string[] = [];
  const say = (fields: object, message: string) => void said.push(`${message} ${JSON.stringify(fields)}`);
  const points = {} as Points;
  const binary = {
    points: {},
    carrier: {},
    refusal: async (claimed: unknown) => {
      asked.push(claimed);
      return refusal;
    },
  } as unknown as BinaryRoad;
  const roads = createRoads({ points, binary, log: { debug: say, info: say, warn: say, error: say } });
  const by = (transport: 'auto' | 'rest' | 'grpc') => {
    const migration = buildMigration({ id: 'm1' });
    return roads.of({ ...migration, spec: { ...migration.spec, copy: { ...migration.spec.copy, transport } } });
  };
  return { by, asked, said, points, binary };
}

it('goes over gRPC where that is open, once the server has shown that it is the one of this migration', async () => {
  const on = open(null);
  for (const transport of ['auto', 'grpc'] as const) expect(await on.by(transport)).toBe(on.binary);
  expect(on.asked[0]).toEqual({ name: buildMigration({ id: 'm1' }).spec.target.collection, migrationId: 'm1' });
  expect(on.said).toEqual([]);
});

it('goes over REST where gRPC is not open, and says so once', async () => {
  const on = open('nobody answers gRPC');
  for (let range = 0; range < 3; range++) expect(await on.by('auto')).toEqual({ points: on.points, carrier: null });
  expect(on.said).toEqual([expect.stringMatching(/pages go over REST.*nobody answers gRPC/)]);
});

it('goes over REST where the spec says so, and asks nobody', async () => {
  const on = open(null);
  expect(await on.by('rest')).toEqual({ points: on.points, carrier: null });
  expect(on.asked).toEqual([]);
});

it('waits where the spec wants gRPC and that is not open', async () => {
  await expect(open('nobody answers gRPC').by('grpc')).rejects.toMatchObject({
    code: 'qdrant-unreachable',
    retry: 'later',
    message: expect.stringContaining('nobody answers gRPC'),
  });
});
