import { readFileSync } from 'node:fs';
import { parseJson } from '../json/json-reader.ts';
import { isObject, type JsonValue, jsonText } from '../json/json-value.ts';

/** A request and what a real server answered. `body` is the JSON text that was sent; undefined where none was. */
export type RecordedRequest = { method: string; path: string; body: string | undefined };
export type Exchange = { request: RecordedRequest; response: { status: number; body: JsonValue } };

const RAW = 'RAW:';

/**
 * The requests of a file: exchanges, whose answers are passed over, or in a `.txt` file one request per line, `METHOD PATH BODY` with the body as it is sent;
 * empty lines and those that start with `#` are passed over.
 */
export function loadRequests(file: string): RecordedRequest[] {
  if (file.endsWith('.txt'))
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map(toLineRequest);
  return list(file).map((item) => toRequest(isObject(item) ? (item.get('request') ?? item) : item));
}

/** The exchanges of a file in the recorded form: `[{request: {method, path, body}, response: {status, body}}]`. */
export function loadExchanges(file: string): Exchange[] {
  return list(file).map((item) => {
    const response = isObject(item) ? item.get('response') : undefined;
    const status = isObject(response) ? response.get('status') : undefined;
    if (!isObject(item) || !isObject(response) || typeof status !== 'bigint')
      throw new TypeError(`${file} holds something that is no exchange`);
    return { request: toRequest(item.get('request') ?? null), response: { status: Number(status), body: response.get('body') ?? null } };
  });
}

function toLineRequest(line: string): RecordedRequest {
  const [, method = '', path = '', body] = /^(\S+) (\S+)(?: (.*))?$/.exec(line) ?? [];
  return { method, path, body };
}

function list(file: string): JsonValue[] {
  const value = parseJson(readFileSync(file));
  if (!Array.isArray(value)) throw new TypeError(`${file} is no array of exchanges`);
  return value;
}

/** A body that is a text starting with `RAW:` is sent as what follows, whether it is JSON or not. */
function toRequest(value: JsonValue): RecordedRequest {
  const method = isObject(value) ? value.get('method') : undefined;
  const path = isObject(value) ? value.get('path') : undefined;
  if (!isObject(value) || typeof method !== 'string' || typeof path !== 'string') throw new TypeError('a request has a method and a path');
  const body = value.get('body');
  const text = body === undefined ? undefined : typeof body === 'string' && body.startsWith(RAW) ? body.slice(RAW.length) : jsonText(body);
  return { method, path, body: text };
}

/** Sends a request and reads the answer: JSON where it is JSON, else its text. */
export async function send(baseUrl: string, { method, path, body }: RecordedRequest): Promise<{ status: number; body: JsonValue }> {
  const init = body === undefined ? { method } : { method, body, headers: { 'content-type': 'application/json' } };
  const response = await fetch(baseUrl + path, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  return { status: response.status, body: parsed(bytes) };
}

function parsed(bytes: Buffer): JsonValue {
  try {
    return parseJson(bytes);
  } catch {
    return bytes.toString();
  }
}
