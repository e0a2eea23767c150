import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Writer } from './writer.ts';

export type Asked = {
  readonly action: 'hold' | 'release';
  readonly migration: string;
  readonly token: string;
  readonly timeoutMs?: number;
};

/** An application's own hook for `switch.freeze.url`: holds the writer, and lets it go when told, or when the hold has run out. */
export type FreezeHookServer = AsyncDisposable & {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** Holds that ran out by themselves. */
  readonly lapses: number;
};

export type FreezeHookOptions = {
  readonly writer: () => Pick<Writer, 'hold' | 'release'>;
  /** How long the application takes to come to rest the first time, in ms. */
  readonly firstHoldMs?: number;
  /** Called while the writer is held, before it is let go: by a release, or because the hold has run out. */
  readonly beforeRelease?: () => Promise<void>;
};

export async function startFreezeHook({ writer, firstHoldMs = 0, beforeRelease }: FreezeHookOptions): Promise<FreezeHookServer> {
  const asked: Asked[] = [];
  let lapses = 0;
  let held = false;
  let token: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  let lettingGo = Promise.resolve();
  /** One after the other: whoever asks to hold meanwhile is not told yes before the writer has gone and come to rest again. */
  function letGo(): Promise<void> {
    lettingGo = lettingGo.then(async () => {
      if (!held) return;
      await beforeRelease?.();
      held = false;
      writer().release();
    });
    return lettingGo;
  }
  async function answer(word: Asked): Promise<void> {
    const first = asked.length === 0;
    asked.push(word);
    if (word.action === 'release' && word.token !== token) return;
    clearTimeout(timer);
    if (word.action === 'release') return letGo();
    token = word.token;
    timer = setTimeout(() => {
      lapses++;
      void letGo();
    }, word.timeoutMs);
    await lettingGo;
    await writer().hold();
    held = true;
    if (first) await sleep(firstHoldMs);
  }
  const server = createServer(async (request, response) => {
    const text = await textOf(request);
    if (request.method !== 'POST') {
      response.writeHead(405).end();
      return;
    }
    const word: Asked = JSON.parse(text);
    await answer(word);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ token: word.token }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/freeze`,
    asked,
    get lapses() {
      return lapses;
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(timer);
      server.close();
      server.closeAllConnections();
    },
  };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}
