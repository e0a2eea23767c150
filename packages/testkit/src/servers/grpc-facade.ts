import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import {
  GetCollectionInfoRequestSchema,
  GetCollectionInfoResponseSchema,
  HealthCheckReplySchema,
  type PointId,
  type PointIdSchema,
  PointsOperationResponseSchema,
  ScrollPointsSchema,
  ScrollResponseSchema,
  UpdateMode,
  type UpdatePointVectors,
  UpdatePointVectorsSchema,
  UpdateStatus,
  UpsertPointsSchema,
  type Value,
  type ValueSchema,
  type Vector,
  type VectorOutputSchema,
  type Vectors,
} from '@qdrant/js-client-grpc';
import { type StubAnswer, type StubCall, startGrpcStub } from './grpc-stub.ts';

/**
 * gRPC before a server that has only REST: messages are read and written by the classes that Qdrant generates for its own client, so that what
 * is written here is held against its .proto files, and not against our reading of them. As a real server it keeps no order of a payload's keys, and has
 * no integers past 2^63 - 1.
 */
export function startGrpcFacade(restUrl: string) {
  return startGrpcStub(async (call) => {
    try {
      return await answerCall(restUrl, call);
    } catch (error) {
      if (error instanceof RestError) return { code: codes[error.status] ?? status.INTERNAL, details: error.message };
      return { code: status.INTERNAL, details: String(error) };
    }
  });
}

const codes: Readonly<Record<number, status>> = { 400: status.INVALID_ARGUMENT, 404: status.NOT_FOUND, 409: status.ALREADY_EXISTS };

class RestError extends Error {
  readonly status: number;

  constructor(httpStatus: number, message: string) {
    super(message);
    this.status = httpStatus;
  }
}

async function answerCall(url: string, { path, body }: StubCall): Promise<Awaited<StubAnswer>> {
  if (path.endsWith('/HealthCheck')) {
    const { version } = (await (await fetch(url)).json()) as { version: string };
    return Buffer.from(toBinary(HealthCheckReplySchema, create(HealthCheckReplySchema, { title: 'qdrant', version })));
  }
  if (path.endsWith('/Get')) return collection(url, fromBinary(GetCollectionInfoRequestSchema, body).collectionName);
  if (path.endsWith('/Scroll')) return scroll(url, body);
  return path.endsWith('/Upsert') ? upsert(url, body) : updateVectors(url, body);
}

async function collection(url: string, name: string): Promise<Buffer> {
  const { config } = (await send(url, 'GET', name)) as { config: { metadata?: Record<string, unknown> } };
  const answer = create(GetCollectionInfoResponseSchema, { result: { config: { metadata: fieldsOf(config.metadata ?? {}) } } });
  return Buffer.from(toBinary(GetCollectionInfoResponseSchema, answer));
}

type RestPoint = { id: string | Exact; payload?: Record<string, unknown> | null; vector?: unknown };

async function scroll(url: string, body: Buffer): Promise<Buffer> {
  const { collectionName, offset, limit, withVectors } = fromBinary(ScrollPointsSchema, body);
  const { selectorOptions: selector } = withVectors ?? {};
  const names = selector?.case === 'include' ? selector.value.names : selector?.value === true;
  const from = offset === undefined ? '' : `"offset":${idText(offset)},`;
  const found = await send(
    url,
    'POST',
    `${collectionName}/points/scroll`,
    `{${from}"limit":${limit},"with_payload":true,"with_vector":${JSON.stringify(names)}}`,
  );
  const { points, next_page_offset: next } = found as { points: RestPoint[]; next_page_offset: RestPoint['id'] | null };
  const answer = create(ScrollResponseSchema, {
    ...(next === null ? {} : { nextPageOffset: idOf(next) }),
    result: points.map(({ id, payload, vector }) => ({ id: idOf(id), payload: fieldsOf(payload ?? {}), vectors: vectorsOf(vector) })),
    time: 0.001,
  });
  return Buffer.from(toBinary(ScrollResponseSchema, answer));
}

async function upsert(url: string, body: Buffer): Promise<Buffer> {
  const { collectionName, points, updateMode, wait } = fromBinary(UpsertPointsSchema, body);
  if (wait !== true) throw new RestError(400, 'not asked to wait');
  const modes = { [UpdateMode.Upsert]: 'upsert', [UpdateMode.InsertOnly]: 'insert_only', [UpdateMode.UpdateOnly]: 'update_only' };
  const texts = points.map(
    ({ id, payload, vectors }) =>
      `{"id":${id === undefined ? 'null' : idText(id)},"payload":${objectText(payload)},"vector":${vectorsText(vectors)}}`,
  );
  await send(
    url,
    'PUT',
    `${collectionName}/points?wait=true`,
    `{"points":[${texts.join()}],"update_mode":"${modes[updateMode ?? UpdateMode.Upsert]}"}`,
  );
  return acknowledged();
}

async function updateVectors(url: string, body: Buffer): Promise<Buffer> {
  const { collectionName, points, updateFilter, wait } = fromBinary(UpdatePointVectorsSchema, body);
  if (wait !== true) throw new RestError(400, 'not asked to wait');
  const texts = points.map(({ id, vectors }) => `{"id":${id === undefined ? 'null' : idText(id)},"vector":${vectorsText(vectors)}}`);
  const guard = updateFilter === undefined ? '' : `,"update_filter":${filterText(updateFilter)}`;
  await send(url, 'PUT', `${collectionName}/points/vectors?wait=true`, `{"points":[${texts.join()}]${guard}}`);
  return acknowledged();
}

function acknowledged(): Buffer {
  const answer = create(PointsOperationResponseSchema, { result: { operationId: 1n, status: UpdateStatus.Completed }, time: 0.001 });
  return Buffer.from(toBinary(PointsOperationResponseSchema, answer));
}

function filterText({ mustNot }: NonNullable<UpdatePointVectors['updateFilter']>): string {
  const names = mustNot.map(({ conditionOneOf: one }) => (one.case === 'hasVector' ? one.value.hasVector : null));
  return JSON.stringify({ must_not: names.map((name) => ({ has_vector: name })) });
}

/** The `result` of an answer, with every number as its text. */
async function send(url: string, method: string, path: string, body?: string): Promise<unknown> {
  const sent = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } };
  const answer = await fetch(`${url}/collections/${path}`, { method, ...sent });
  const text = await answer.text();
  if (!answer.ok) throw new RestError(answer.status, (JSON.parse(text) as { status: { error: string } }).status.error);
  const exactly = (_: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === 'number' ? new Exact(context?.source ?? '') : value;
  return (JSON.parse(text, exactly) as { result: unknown }).result;
}

/** A number by its spelling. */
class Exact {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

function idOf(id: RestPoint['id']): MessageInitShape<typeof PointIdSchema> {
  return { pointIdOptions: id instanceof Exact ? { case: 'num', value: BigInt(id.source) } : { case: 'uuid', value: id } };
}

function idText({ pointIdOptions: id }: PointId): string {
  return id.case === 'num' ? String(id.value) : JSON.stringify(id.value);
}

function fieldsOf(payload: Record<string, unknown>): Record<string, MessageInitShape<typeof ValueSchema>> {
  return Object.fromEntries(Object.entries(payload).map(([key, value]) => [key, toValue(value)]));
}

function toValue(value: unknown): MessageInitShape<typeof ValueSchema> {
  if (value === null) return { kind: { case: 'nullValue', value: 0 } };
  if (typeof value === 'string') return { kind: { case: 'stringValue', value } };
  if (typeof value === 'boolean') return { kind: { case: 'boolValue', value } };
  if (Array.isArray(value)) return { kind: { case: 'listValue', value: { values: value.map(toValue) } } };
  if (!(value instanceof Exact)) return { kind: { case: 'structValue', value: { fields: fieldsOf(value as Record<string, unknown>) } } };
  const integer = /^-?\d+$/.test(value.source) ? BigInt(value.source) : null;
  if (integer !== null && BigInt.asIntN(64, integer) === integer) return { kind: { case: 'integerValue', value: integer } };
  return { kind: { case: 'doubleValue', value: Number(value.source) } };
}

/** Keys in another order than they came in. */
function objectText(fields: Readonly<Record<string, Value>>): string {
  const members = Object.entries(fields).map(([key, value]) => `${JSON.stringify(key)}:${valueText(value)}`);
  return `{${members.toReversed().join()}}`;
}

function valueText({ kind }: Value): string {
  switch (kind.case) {
    case 'integerValue':
      return String(kind.value);
    case 'doubleValue':
      return floatText(kind.value);
    case 'structValue':
      return objectText(kind.value.fields);
    case 'listValue':
      return `[${kind.value.values.map(valueText).join()}]`;
    case 'nullValue':
      return 'null';
    default:
      return JSON.stringify(kind.value);
  }
}

function floatText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

type Output = MessageInitShape<typeof VectorOutputSchema>;

/** Bare where there is only the unnamed vector, else by name, as the server has it. */
function vectorsOf(vector: unknown): {
  vectorsOptions: { case: 'vector'; value: Output } | { case: 'vectors'; value: { vectors: Record<string, Output> } };
} {
  if (Array.isArray(vector)) return { vectorsOptions: { case: 'vector', value: vectorOf(vector) } };
  const named = Object.entries((vector ?? {}) as Record<string, unknown>).map(([name, one]) => [name, vectorOf(one)] as const);
  return { vectorsOptions: { case: 'vectors', value: { vectors: Object.fromEntries(named) } } };
}

function vectorOf(vector: unknown): Output {
  const numbers = (row: unknown) => (row as Exact[]).map(({ source }) => Math.fround(Number(source)));
  if (!Array.isArray(vector)) {
    const { indices, values } = vector as { indices: unknown; values: unknown };
    return { vector: { case: 'sparse', value: { indices: numbers(indices), values: numbers(values) } } };
  }
  if (Array.isArray(vector[0]))
    return { vector: { case: 'multiDense', value: { vectors: vector.map((row) => ({ data: numbers(row) })) } } };
  return { vector: { case: 'dense', value: { data: numbers(vector) } } };
}

function vectorsText(vectors: Vectors | undefined): string {
  const { vectorsOptions: options } = vectors ?? {};
  if (options?.case === 'vector') return vectorText(options.value);
  if (options?.case !== 'vectors') throw new RestError(400, 'Expected some vectors');
  return `{${Object.entries(options.value.vectors)
    .map(([name, one]) => `${JSON.stringify(name)}:${vectorText(one)}`)
    .join()}}`;
}

function vectorText({ vector }: Vector): string {
  const row = (data: readonly number[]) => `[${data.map(floatText).join()}]`;
  switch (vector.case) {
    case 'dense':
      return row(vector.value.data);
    case 'multiDense':
      return `[${vector.value.vectors.map(({ data }) => row(data)).join()}]`;
    case 'sparse':
      return JSON.stringify({ indices: vector.value.indices, values: vector.value.values });
    default:
      throw new RestError(400, `a vector of another kind: ${vector.case}`);
  }
}
