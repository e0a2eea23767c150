import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareAnswers } from './compare-answers.ts';
import { loadExchanges, send } from './exchange.ts';
import { openServerUnderTest, type ServerUnderTest } from './server-under-test.ts';

const FIXTURES = new URL('../../fixtures/exchanges/', import.meta.url).pathname;

const REAL_SERVERS_TAKE_THEIR_TIME_MS = 120_000;

describe('a server answers as a real Qdrant 1.19.0 was recorded to', () => {
  let server: ServerUnderTest;
  beforeAll(async () => {
    server = await openServerUnderTest(process.env.REEMBED_TEST_QDRANT_URL);
  });
  afterAll(() => server[Symbol.asyncDispose]());

  for (const file of readdirSync(FIXTURES).sort()) {
    it(
      `in every exchange of ${file}`,
      async () => {
        await server.wipe();
        const differences: string[] = [];
        for (const [i, { request, response }] of loadExchanges(FIXTURES + file).entries()) {
          const got = await send(server.url, request);
          if (isFree(request)) continue;
          differences.push(
            ...compareAnswers(response, got).map((line) => `[${i}] ${request.method} ${request.path} ${request.body ?? ''}\n    ${line}`),
          );
        }
        expect(differences).toEqual([]);
      },
      REAL_SERVERS_TAKE_THEIR_TIME_MS,
    );
  }
});

/** What is different at every asking, or on every build. */
function isFree({ path, body }: { path: string; body: string | undefined }): boolean {
  return path === '/' || (body ?? '').includes('"sample"');
}
