import type { PointId } from '@reembed/contracts';
import { pointIdToJson, type QueryLog, type ReembedError, type TextSources } from '@reembed/core';

export type FakeTextSources = TextSources & {
  /** What it has, by the id's digits or UUID. */
  readonly texts: Map<string, Readonly<Record<string, unknown>>>;
  /** Ids of every read, in order. */
  readonly asked: (readonly string[])[];
  /** The next reads fail with these, one each. */
  readonly faults: ReembedError[];
  /** Under every name. */
  log: QueryLog;
};

/** Texts in memory. */
export function createFakeTextSources(texts: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {}): FakeTextSources {
  const fake: FakeTextSources = {
    texts: new Map(Object.entries(texts)),
    asked: [],
    faults: [],
    log: { texts: new Map(), vectors: new Map(), points: [] },
    pin: async () => ({ sha256: 'of the texts in memory', texts: fake.texts.size }),
    async queryLog() {
      const fault = fake.faults.shift();
      if (fault !== undefined) throw fault;
      return fake.log;
    },
    async read(_origin, ids, signal) {
      signal?.throwIfAborted();
      fake.asked.push(ids.map(({ id }) => id));
      const fault = fake.faults.shift();
      if (fault !== undefined) throw fault;
      return new Map(ids.flatMap((id) => entryOf(id, fake.texts.get(id.id))));
    },
  };
  return fake;
}

function entryOf(id: PointId, fields: Readonly<Record<string, unknown>> | undefined): [string, string][] {
  return fields === undefined ? [] : [[pointIdToJson(id), JSON.stringify(fields)]];
}
