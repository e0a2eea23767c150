import { status } from '@grpc/grpc-js';
import type { Points, WrittenPoint } from '@reembed/core';
import { type StubAnswer, type StubCall, startGrpcStub } from '@reembed/testkit/servers/grpc-stub';
import { describe, expect, it } from 'vitest';
import { createBinaryProbe, usualGrpcUrl } from './binary-probe.ts';
import { createBinaryRoad } from './binary-road.ts';
import { createWireWriter } from './wire-writer.ts';
import { upsertRequest } from './write-points.ts';

const claimed = { name: 'docs_v2', migrationId: 'm1' };

function health(version: string): Buffer {
  const writer = createWireWriter();
  writer.text(1, 'qdrant - vector search engine');
  writer.text(2, version);
  return writer.finish();
}

/** The description of a collection whose metadata says whose it is, among other things. */
function collection(migration: string | null): Buffer {
  const writer = createWireWriter();
  const value = (key: string, write: () => void) => {
    writer.text(1, key);
    writer.nested(2, write);
  };
  writer.nested(1, () => {
    writer.varint(1, 1);
    writer.nested(7, () => {
      writer.nested(7, () => value('other', () => writer.text(4, 'm1')));
      if (migration !== null)
        writer.nested(7, () =>
          value('reembed', () =>
            writer.nested(6, () => {
              writer.nested(1, () => value('format', () => writer.varint(3, 1)));
              writer.nested(1, () => value('id', () => writer.text(4, migration)));
            }),
          ),
        );
    });
  });
  writer.double(2, 0.01);
  return writer.finish();
}

function acknowledged(updateStatus: number): Buffer {
  const writer = createWireWriter();
  writer.nested(1, () => {
    writer.varint(1, 5);
    writer.varint(2, updateStatus);
  });
  return writer.finish();
}

type Answers = { readonly version?: string; readonly claim?: StubAnswer; readonly written?: StubAnswer };

async function open(answers: Answers = {}) {
  const answer = ({ path }: StubCall): StubAnswer => {
    if (path === '/qdrant.Qdrant/HealthCheck') return health(answers.version ?? '1.19.0');
    if (path === '/qdrant.Collections/Get') return answers.claim ?? collection('m1');
    return answers.written ?? acknowledged(2);
  };
  const stub = await startGrpcStub(answer);
  const byRest: string[] = [];
  const noted =
    (method: string) =>
    async (name: string, points: readonly Pick<WrittenPoint, 'id'>[]): Promise<void> => {
      byRest.push(`${method} ${name} ${points.map(({ id }) => id.id).join()}`);
    };
  const rest = {
    insertOnly: noted('insertOnly'),
    updateOnly: noted('updateOnly'),
    updateVectors: noted('updateVectors'),
  } as unknown as Points;
  const road = createBinaryRoad({ url: 'http://127.0.0.1:1', grpcUrl: stub.url, requestTimeoutMs: 20_000, rest });
  const paths = () => stub.calls.map(({ path }) => path.split('/')[2]);
  return { ...stub, road, byRest, paths };
}

const point = (payload: string, vectors: WrittenPoint['vectors'] = { '': '[1.0]' }): WrittenPoint => ({
  id: { kind: 'integer', id: '1' },
  payload,
  vectors,
});

describe('the way over gRPC', () => {
  it('is open where Qdrant answers that has insert_only, and knows the collection of this migration', async () => {
    await using on = await open();
    expect(await on.road.refusal(claimed)).toBeNull();
    expect(await on.road.refusal(claimed)).toBeNull();
    expect(on.paths()).toEqual(['HealthCheck', 'Get']);
  });

  it.each<[string, Answers, RegExp]>([
    ['a version without insert_only', { version: '1.16.3' }, /1\.16\.3 has no insert_only/],
    [
      'another server of the same address, which knows no such collection',
      { claim: { code: status.NOT_FOUND, details: 'Not found' } },
      /knows no docs_v2: it is another/,
    ],
    ['another one, whose collection of the name is of another migration', { claim: collection('m2') }, /belongs to m2: it is another/],
    ['another one, whose collection of the name is nobody’s', { claim: collection(null) }, /belongs to nobody/],
    ['a key that may not look', { claim: { code: status.PERMISSION_DENIED, details: 'Forbidden' } }, /Forbidden/],
  ])('is closed by %s', async (_, answers, reason) => {
    await using on = await open(answers);
    expect(await on.road.refusal(claimed)).toMatch(reason);
  });

  it('is closed where nobody listens, and that is asked once', async () => {
    const { url, ...stub } = await startGrpcStub(() => health('1.19.0'));
    await stub[Symbol.asyncDispose]();
    const probe = createBinaryProbe({ url: 'http://127.0.0.1:1', grpcUrl: url, requestTimeoutMs: 20_000 });
    expect(await probe.refusal()).toMatch(/no Qdrant answers gRPC at http:\/\/127\.0\.0\.1:\d+ .*ECONNREFUSED/);
  });

  it('is looked at again once it has failed', async () => {
    const on = await open();
    expect(await on.road.refusal(claimed)).toBeNull();
    await on[Symbol.asyncDispose]();
    await expect(on.road.points.insertOnly('fence', [point('{}')])).rejects.toMatchObject({ code: 'qdrant-unreachable' });
    expect(await on.road.refusal(claimed)).toMatch(/no Qdrant answers gRPC/);
  });

  it('takes writes whole, and leaves to REST what would arrive as something else or is for Qdrant to embed', async () => {
    await using on = await open();
    await on.road.points.insertOnly('fence', [point('{"a":1}')]);
    await on.road.points.updateOnly('fence', [point('{"a":2}')]);
    await on.road.points.updateVectors('fence', [point('{}')], { onlyMissing: 'new' });
    expect(on.paths()).toEqual(['Upsert', 'Upsert', 'UpdateVectors']);
    expect(on.calls[0]?.body).toEqual(upsertRequest('fence', [point('{"a":1}')], 'insertOnly'));
    await on.road.points.insertOnly('fence', [point('{"a":12345678901234567890}')]);
    await on.road.points.updateOnly('fence', [point('{}', { '': '{"text":"x","model":"m"}' })]);
    await on.road.points.updateVectors('fence', [point('{}', { '': '{"text":"x","model":"m"}' })]);
    expect(on.byRest).toEqual(['insertOnly fence 1', 'updateOnly fence 1', 'updateVectors fence 1']);
    expect(on.calls).toHaveLength(3);
  });

  it.each([
    ['says that it gave up waiting', acknowledged(4)],
    ['is of another kind', Buffer.from([0x0a, 0x00])],
    ['is no message at all', Buffer.from([0xff])],
  ])('takes no answer for an acknowledgement that %s', async (_, written) => {
    await using on = await open({ written });
    await expect(on.road.points.insertOnly('fence', [point('{}')])).rejects.toMatchObject({ code: 'qdrant-unreachable' });
  });

  it.each([
    ['http://localhost', 'http://localhost:6334'],
    ['http://10.0.0.7:6333', 'http://10.0.0.7:6334'],
    ['https://xyz.cloud.example:6333', 'https://xyz.cloud.example:6334'],
    ['https://xyz.cloud.example:443', 'https://xyz.cloud.example:6334'],
    ['http://[::1]:6333/', 'http://[::1]:6334'],
    ['http://localhost:7333', null],
    ['https://proxy.example:443/qdrant', null],
    ['http://me:pw@localhost:6333', null],
  ])('of %s is tried at %s where no address is given', (url, usual) => {
    expect(usualGrpcUrl(url)).toBe(usual);
  });
});
