import { failure } from '../api/api-error.ts';
import type { Features } from '../api/versions.ts';
import { ByteWriter } from '../json/byte-writer.ts';
import { JsonReader, parseJson } from '../json/json-reader.ts';
import { isObject, type JsonObject, type JsonValue, jsonText } from '../json/json-value.ts';
import type { Collection } from '../storage/collection.ts';
import type { Database } from '../storage/database.ts';
import { checkStrictTimeout } from '../storage/strict-mode.ts';

/** A request as routes see it. `params` are the `{names}` of the path, decoded. */
export type RequestContext = {
  database: Database;
  features: Features;
  version: string;
  params: Record<string, string>;
  query: URLSearchParams;
  body: Buffer;
};

/** A path is spelled with `{name}` for a segment. */
export type Route = { method: string; path: string; handle: (context: RequestContext) => Answer };

/** The body as an object. Throws 400. */
export function bodyObject({ body }: RequestContext): JsonObject {
  const value = parseJson(body);
  if (!isObject(value)) throw failure.format('expected an object');
  return value;
}

export function bodyReader({ body }: RequestContext): JsonReader {
  return new JsonReader(body);
}

/** The collection of the request's path, once its `timeout` is found to be allowed. Throws 404, 400. */
export function openCollection(context: RequestContext): Collection {
  const collection = context.database.resolve(collectionName(context));
  checkStrictTimeout(collection, timeoutSeconds(context));
  return collection;
}

export function collectionName({ params }: RequestContext): string {
  return params.collection ?? '';
}

/** Checks the query string of a write and returns its `wait`. Throws 400. */
export function readWait({ query }: RequestContext): boolean {
  const wait = query.get('wait') ?? 'false';
  if (wait !== 'true' && wait !== 'false') throw failure.query('provided string was not `true` or `false`');
  const ordering = query.get('ordering') ?? 'weak';
  if (!['weak', 'medium', 'strong'].includes(ordering))
    throw failure.query(`unknown variant \`${ordering}\`, expected one of \`weak\`, \`medium\`, \`strong\``);
  checkTimeout(query.get('timeout'));
  return wait === 'true';
}

/** Seconds of `timeout`, where given. */
function timeoutSeconds({ query }: RequestContext): number | undefined {
  const timeout = query.get('timeout');
  return timeout === null ? undefined : Number(timeout);
}

/** Checks the query string of a read: one server is always consistent and in time, but takes no nonsense. Throws 400. */
export function checkReadParams({ query }: RequestContext): void {
  const consistency = query.get('consistency') ?? 'majority';
  if (!/^(majority|quorum|all|\d+)$/.test(consistency)) {
    throw failure.query(`failed to deserialize read consistency query parameter value '${consistency}'`);
  }
  checkTimeout(query.get('timeout'));
  if (query.get('timeout') === '0') throw failure.query('invalid value: integer `0`, expected a nonzero u64');
}

function checkTimeout(timeout: string | null): void {
  if (timeout !== null && !/^\+?\d+$/.test(timeout)) throw failure.query('invalid digit found in string');
}

/** What a route answers with status 200: JSON bytes or plain text. */
export type Answer = { contentType: 'application/json' | 'text/plain; charset=utf-8'; body: Buffer };

/** `{"result": …, "status": "ok", "time": seconds}` around what `write` puts down. */
export function resultAnswer(write: (writer: ByteWriter) => void): Answer {
  const started = performance.now();
  const writer = new ByteWriter();
  writer.ascii('{"result":');
  write(writer);
  writer.ascii(`,"status":"ok","time":${((performance.now() - started) / 1000).toFixed(6)}}`);
  return { contentType: 'application/json', body: writer.take() };
}

export function valueAnswer(value: JsonValue): Answer {
  return resultAnswer((writer) => writer.text(jsonText(value)));
}

export function textAnswer(text: string): Answer {
  return { contentType: 'text/plain; charset=utf-8', body: Buffer.from(text) };
}

/** The result of a write. */
export function updateResult(collection: Collection, wait: boolean): JsonValue {
  return new Map<string, JsonValue>([
    ['operation_id', BigInt(collection.operations)],
    ['status', wait ? 'completed' : 'acknowledged'],
  ]);
}

/** The body of an answer that is not 200. */
export function errorBody(message: string): Buffer {
  return Buffer.from(`{"status":{"error":${JSON.stringify(message)}},"time":0.0}`);
}
