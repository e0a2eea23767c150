#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { runQdrantLocal } from './server/qdrant-local.ts';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '6333' },
    host: { type: 'string', default: '127.0.0.1' },
    'api-key': { type: 'string' },
    'read-only-api-key': { type: 'string' },
    'as-version': { type: 'string' },
  },
});

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort());

// A reader of the first lines that goes away must not take the server with it.
process.stdout.on('error', () => undefined);

try {
  await runQdrantLocal({
    port: Number(values.port),
    host: values.host,
    ...(values['api-key'] === undefined ? {} : { apiKey: values['api-key'] }),
    ...(values['read-only-api-key'] === undefined ? {} : { readOnlyApiKey: values['read-only-api-key'] }),
    ...(values['as-version'] === undefined ? {} : { asVersion: values['as-version'] }),
    print: (line) => void process.stdout.write(`${line}\n`),
    signal: stopping.signal,
  });
} catch (error) {
  process.stderr.write(`qdrant-local: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
