import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser } from '../report/browser-page.ts';
import { documentMigration } from '../support/document-migration.ts';
import { startFleet } from '../support/fleet.ts';

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

it('the page of another site, in the browser of somebody who is let in, pauses, cancels and switches nothing; pages of the coordinator load whole', async () => {
  await using fleet = await startFleet();
  const migration = await documentMigration(fleet, { points: 50 });
  const { id } = await fleet.api.submit(migration.spec);
  await fleet.api.until(id, 'ready');
  await using other = await startSite();
  const acts = ['pause', 'cancel', 'switch'].map((word) => `${fleet.coordinatorUrl()}/v1/migrations/${id}/${word}`);

  // One is another site, the other the same site at another port.
  for (const name of ['localhost', '127.0.0.1'])
    for (const act of acts) {
      const page = await browser.newPage();
      await page.goto(`http://${name}:${other.port}/`);
      await page.evaluate(fetchFrom(act));
      const answer = page.waitForResponse(act);
      await page.evaluate(submitTo(act));
      expect((await answer).status()).toBe(403);
      await page.close();
    }
  expect((await fleet.api.view(id)).phase).toBe('ready');
  expect(await fleet.api.phases(id)).not.toContain('paused');

  for (const path of ['/', '/docs', '/queues', `/v1/migrations/${id}/report.html`]) {
    const shown = await browser.newPage();
    const faults: string[] = [];
    shown.on('console', (message) => void (message.type() === 'error' && faults.push(message.text())));
    shown.on('pageerror', (error) => void faults.push(error.message));
    shown.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol !== 'data:' && origin !== fleet.coordinatorUrl()) faults.push(`asks ${request.url()}`);
    });
    await shown.goto(`${fleet.coordinatorUrl()}${path}`, { waitUntil: 'networkidle' });
    expect({ path, faults }).toEqual({ path, faults: [] });
    await shown.close();
  }
});

/** What a script sends without the browser asking the coordinator first. */
const fetchFrom = (url: string) => `Promise.all([
  {},
  { body: '{}', headers: { 'content-type': 'text/plain' } },
  { body: new URLSearchParams({ a: '1' }) },
].map((init) => fetch('${url}', { method: 'POST', mode: 'no-cors', ...init }).catch(() => null)))`;

/** What a form sends, without any script. */
const submitTo = (url: string) => `{
  const form = Object.assign(document.createElement('form'), { method: 'POST', action: '${url}' });
  document.body.append(form);
  form.submit();
}`;

async function startSite() {
  const server = createServer((_, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>another</title>'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
