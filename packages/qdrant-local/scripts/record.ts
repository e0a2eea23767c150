import { writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { isObject, type JsonObject, type JsonValue, jsonText } from '../src/json/json-value.ts';
import { loadRequests, type RecordedRequest, send } from '../src/replay/exchange.ts';
import { collectionNames, wipe } from '../src/replay/server-under-test.ts';

/**
 * node scripts/record.ts BASE_URL REQUESTS.json… [--out DIR]: sends the requests of every file to a real server that is empty, and writes the exchanges beside
 * their answers into DIR (default fixtures/exchanges), in the form that replay.test.ts reads. Each file starts from an empty server; what it made is deleted.
 */

const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: 'string', default: 'fixtures/exchanges' } } });
const [baseUrl, ...files] = positionals;
if (baseUrl === undefined || files.length === 0) throw new Error('usage: node scripts/record.ts BASE_URL REQUESTS.json… [--out DIR]');
if ((await collectionNames(baseUrl)).length > 0) throw new Error(`${baseUrl} is not empty; record against a server of its own`);

for (const file of files) {
  const exchanges: string[] = [];
  for (const request of loadRequests(file)) exchanges.push(await exchangeText(baseUrl, request));
  writeFileSync(`${values.out}/${basename(file).replace(/\.txt$/, '.json')}`, `[\n${exchanges.join(',\n')}\n]\n`);
  await wipe(baseUrl);
  process.stdout.write(`${basename(file)}: ${exchanges.length} exchanges\n`);
}

async function exchangeText(url: string, request: RecordedRequest): Promise<string> {
  const { status, body } = await send(url, request);
  const sent = request.body === undefined ? '' : `,"body":${bodyText(request.body)}`;
  return `  {"request":{"method":"${request.method}","path":${JSON.stringify(request.path)}${sent}},\n   "response":{"status":${status},"body":${jsonText(withoutTime(body))}}}`;
}

/** JSON as it is; anything that would read back differently as raw text. */
function bodyText(body: string): string {
  try {
    if (!body.includes('\\u') && JSON.stringify(JSON.parse(body)) === body) return body;
  } catch {
    // Not JSON at all: sent raw.
  }
  return JSON.stringify(`RAW:${body}`);
}

function withoutTime(body: JsonValue): JsonValue {
  if (!isObject(body)) return body;
  const kept: JsonObject = new Map(body);
  kept.delete('time');
  kept.delete('usage');
  return kept;
}
