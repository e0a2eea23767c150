import { type Filter, type PointText, pointIdToJson } from '@reembed/core';

/**
 * How a body ends. `update_mode` says insert-only to 1.17 and later, which then ignore the filter; 1.16 ignores the unknown `update_mode`
 * and inserts under a filter that no existing point matches. Without the filter it would overwrite, and say nothing. Update-only has no
 * such stand-in: 1.16 also inserts what is absent there, which the next pass finds vanished.
 */
const endings = {
  insertOnly: '],"update_mode":"insert_only","update_filter":{"must":[{"has_id":[]}]}}',
  updateOnly: '],"update_mode":"update_only"}',
} as const;

/** What becomes of points that exist, and of those that do not: one of the two above, or existing ones are replaced where they match. */
export type UpsertMode = keyof typeof endings | { readonly where: Filter };

function endingOf(mode: UpsertMode): string {
  return typeof mode === 'string' ? endings[mode] : `],"update_filter":${JSON.stringify(mode.where)}}`;
}

/**
 * The body of a `PUT /collections/{c}/points`, put together from text: nothing is parsed, nothing spelled anew. As bytes, with arrays of numbers, which are ASCII, written as such: that is five times as fast as encoding one long
 * text, and twelve times where a single CJK character made V8 keep the whole page in two bytes. Answers the
 * beginning of `body`, which has to have room for `longestBody`.
 */
export function upsertBody(points: readonly PointText[], mode: UpsertMode, body: Buffer = Buffer.allocUnsafe(longestBody(points))): Buffer {
  const ending = endingOf(mode);
  let end = body.write('{"points":[', 'latin1');
  for (const [i, point] of points.entries()) {
    if (i > 0) end += body.write(',', end, 'latin1');
    end = writePoint(body, end, point);
  }
  end += body.write(ending, end, 'utf8');
  return body.subarray(0, end);
}

/**
 * Every point carries `vector`, which the server demands: `{}` for a point without any. The object form throughout: in it the name `""`
 * means the unnamed vector, in collections that have only that one and in those that have others beside it (seen on 1.19).
 */
function writePoint(body: Buffer, at: number, { id, payload, vectors }: PointText): number {
  let end = at + body.write(`{"id":${pointIdToJson(id)},"payload":`, at, 'latin1');
  end += body.write(payload, end, 'utf8');
  end += body.write(',"vector":{', end, 'latin1');
  let comma = '';
  for (const name of Object.keys(vectors)) {
    end += body.write(`${comma}${JSON.stringify(name)}:`, end, 'utf8');
    const vector = vectors[name] ?? '';
    // An object may be a sparse vector, or a document that the server embeds, which holds any text.
    end += body.write(vector, end, vector.startsWith('[') ? 'latin1' : 'utf8');
    comma = ',';
  }
  return end + body.write('}}', end, 'latin1');
}

/** No fewer bytes than the body has: UTF-8 needs at most three for a UTF-16 unit, an escaped name six characters for one. */
export function longestBody(points: readonly PointText[]): number {
  let bytes = 200;
  for (const { payload, vectors } of points) {
    bytes += 100 + payload.length * 3;
    for (const name of Object.keys(vectors))
      bytes += 4 + name.length * 6 + (vectors[name] ?? '').length * (vectors[name]?.startsWith('[') ? 1 : 3);
  }
  return bytes;
}

/** Lends buffers for the bodies of requests. */
export type BodyBuffers = {
  /** At least `bytes` long; what it holds is left from its last use. */
  take(bytes: number): Buffer;
  /** Only for one that nobody reads any more: not that of a request which failed and may still be on its way. */
  giveBack(buffer: Buffer): void;
};

const mostKept = 32;
const longestKept = 16 * 2 ** 20;

/**
 * V8 starts a full collection after every few dozen MiB of new buffers: one of 1.5 MiB for each page cost a sixth of a copying
 * worker's CPU time.
 */
export function createBodyBuffers(): BodyBuffers {
  const free: Buffer[] = [];
  return {
    take(bytes) {
      const buffer = free.pop();
      return buffer !== undefined && buffer.length >= bytes ? buffer : Buffer.allocUnsafeSlow(roundUp(bytes));
    },
    giveBack(buffer) {
      if (free.length < mostKept && buffer.length <= longestKept) free.push(buffer);
    },
  };
}

/** Pages are about equally long: room for the next one, which may be a little longer. */
function roundUp(bytes: number): number {
  return Math.ceil((bytes * 1.25) / 2 ** 16) * 2 ** 16;
}

type SpelledVectors = Pick<PointText, 'id' | 'vectors'>;

/** The body of a `PUT /collections/{c}/points/vectors`, put together from text. `onlyMissing`: points that have this vector are passed over. */
export function vectorsBody(points: readonly SpelledVectors[], onlyMissing: string | undefined): string {
  const guard = onlyMissing === undefined ? '' : `,"update_filter":{"must_not":[{"has_vector":${JSON.stringify(onlyMissing)}}]}`;
  return `{"points":[${points.map(pointVectors).join(',')}]${guard}}`;
}

function pointVectors({ id, vectors }: SpelledVectors): string {
  const named = Object.entries(vectors).map(([name, vector]) => `${JSON.stringify(name)}:${vector}`);
  return `{"id":${pointIdToJson(id)},"vector":{${named.join(',')}}}`;
}
