import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

const executablePath = '/usr/bin/chromium';
const address = 'http://report.test/';

/** Debian's chromium; throws with the command that installs it where it is missing. */
export async function launchBrowser(): Promise<Browser> {
  if (!existsSync(executablePath)) {
    throw new Error(`${executablePath} is missing; install it: apt-get install -y --no-install-recommends chromium`);
  }
  // Chromium refuses its sandbox to root, which is who CI containers run as.
  return await chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] });
}

export type Look = { readonly width: number; readonly scheme: 'light' | 'dark'; readonly media: 'screen' | 'print' };

/** A page that shows one HTML text; `noise` collects what it must not do: requests, errors, messages, dialogs. */
export async function openPage(browser: Browser, html: string): Promise<{ page: Page; noise: string[] }> {
  const page = await browser.newPage();
  const noise: string[] = [];
  page.on('console', (message) => noise.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => noise.push(`error: ${error.message}`));
  page.on('dialog', async (dialog) => {
    noise.push(`dialog: ${dialog.message()}`);
    await dialog.dismiss();
  });
  await page.route('**', async (route) => {
    if (route.request().url() === address) return await route.fulfill({ contentType: 'text/html; charset=utf-8', body: html });
    noise.push(`request: ${route.request().url()}`);
    await route.abort();
  });
  await page.goto(address);
  return { page, noise };
}

export async function showAs(page: Page, { width, scheme, media }: Look): Promise<void> {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: scheme, media });
}
