import { ByteWriter } from '../json/byte-writer.ts';
import { jsonText } from '../json/json-text.ts';
import type { JsonValue } from '../json/json-value.ts';

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

/** The body of an answer that is not 200. */
export function errorBody(message: string): Buffer {
  return Buffer.from(`{"status":{"error":${JSON.stringify(message)}},"time":0.0}`);
}
