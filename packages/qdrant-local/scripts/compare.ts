import { basename } from 'node:path';
import { isObject, type JsonValue, jsonText } from '../src/json/json-value.ts';
import { compareAnswers } from '../src/replay/compare-answers.ts';
import { loadRequests, send } from '../src/replay/exchange.ts';
import { wipe } from '../src/replay/server-under-test.ts';

const [real = '', local = '', ...files] = process.argv.slice(2);
let requests = 0;
let different = 0;
for (const file of files) {
  for (const url of [real, local]) await wipe(url);
  for (const [i, request] of loadRequests(file).entries()) {
    const [want, got] = await Promise.all([send(real, request), send(local, request)]);
    const [wanted, given] = [jsonText(want.body), jsonText(got.body)];
    const lines = compareAnswers(want, got)
      .slice(0, 4)
      .map((line) => `! ${line}`);
    requests++;
    if (lines.length > 0) different++;
    if (lines.length > 0 && want.status >= 400) lines.push(`  real ${wanted}`, `  local ${given}`);
    else if (want.status >= 400 && wanted.replace(/"time":[^,}]*/, '') !== given.replace(/"time":[^,}]*/, ''))
      lines.push(`~ real ${wanted}`, `  local ${given}`);
    if (want.status < 400 && payloads(want.body) !== payloads(got.body))
      lines.push(`o real ${payloads(want.body).slice(0, 300)}`, `  local ${payloads(got.body).slice(0, 300)}`);
    if (lines.length > 0)
      print(`${basename(file)}[${i}] ${request.method} ${request.path} ${(request.body ?? '').slice(0, 300)}\n    ${lines.join('\n    ')}`);
  }
}
for (const url of [real, local]) await wipe(url);
print(`${requests - different} of ${requests} exchanges agree`);

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** The text of every payload in an answer, in order. */
function payloads(value: JsonValue): string {
  if (Array.isArray(value)) return value.map(payloads).join('');
  if (!isObject(value)) return '';
  return [...value].map(([key, item]) => (key === 'payload' ? jsonText(item) : payloads(item))).join('');
}
