import type { Report } from '@reembed/contracts';
import { renderReport } from '@reembed/report';
import { buildEmptyReport, buildHostileReport, buildReport } from '@reembed/testkit';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Look, launchBrowser, openPage, showAs } from './browser-page.ts';
import { describePage, findFaults, openAll, placeOfLists } from './page-checks.ts';

const paperWidth = 718;
const looks: Look[] = [
  ...[360, 768, 1280].flatMap((width) => (['light', 'dark'] as const).map((scheme): Look => ({ width, scheme, media: 'screen' }))),
  { width: paperWidth, scheme: 'dark', media: 'print' },
];
const reports: Readonly<Record<string, Report>> = {
  full: buildReport(),
  empty: buildEmptyReport(),
  unlabelled: withoutLabels(buildReport()),
  hostile: buildHostileReport().report,
};
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe.each(Object.keys(reports))('the %s report', (name) => {
  it('overflows nowhere, cuts no text, and reads well in every width, scheme and medium', async () => {
    const { page } = await openPage(browser, htmlOf(name));
    const faults: string[] = [];
    for (const state of ['as it opens', 'all unfolded']) {
      if (state === 'all unfolded') await page.evaluate(openAll);
      for (const look of looks) {
        await showAs(page, look);
        const found = await page.evaluate(findFaults);
        faults.push(...found.map((fault) => `${look.media} ${look.width} ${look.scheme}, ${state}: ${fault}`));
      }
    }
    expect(faults).toEqual([]);
    await page.close();
  });

  it('asks for nothing, runs nothing, and has nothing to complain of', async () => {
    const { page, noise } = await openPage(browser, htmlOf(name));
    await page.evaluate(openAll);
    expect(noise).toEqual([]);
    expect(await page.evaluate(() => document.scripts.length)).toBe(0);
    await page.close();
  });
});

it('one drawing of each chart shows at any width', async () => {
  const { page } = await openPage(browser, htmlOf('full'));
  for (const look of looks) {
    await showAs(page, look);
    const { charts, chartTexts } = await page.evaluate(describePage);
    expect({ look, charts, labelled: chartTexts > 20 }).toEqual({ look, charts: 5, labelled: true });
  }
  await page.close();
});

it('result lists stand side by side where there is room, else one below the other', async () => {
  const { page } = await openPage(browser, htmlOf('full'));
  await showAs(page, { width: 1280, scheme: 'light', media: 'screen' });
  expect(await page.evaluate(placeOfLists)).toEqual({ beside: true, below: false });
  await showAs(page, { width: 360, scheme: 'light', media: 'screen' });
  expect(await page.evaluate(placeOfLists)).toEqual({ beside: false, below: true });
  await page.close();
});

it('on paper it is light whatever the screen is, and what is folded away is printed', async () => {
  const { page } = await openPage(browser, htmlOf('full'));
  await showAs(page, { width: paperWidth, scheme: 'dark', media: 'screen' });
  const screen = await page.evaluate(describePage);
  await showAs(page, { width: paperWidth, scheme: 'dark', media: 'print' });
  const paper = await page.evaluate(describePage);
  expect(screen.ground).toBe('rgb(14, 17, 22)');
  expect(paper.ground).toBe('rgb(255, 255, 255)');
  expect([screen.settingsShown, paper.settingsShown]).toEqual([false, true]);
  expect([screen.queries.length, paper.queries.length]).toEqual([4, 8]);
  await page.close();
});

it('a keyboard reaches the numbers first and opens a query', async () => {
  const { page } = await openPage(browser, htmlOf('full'));
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the numbers');
  const query = page.locator('#lost-2');
  expect(await query.getAttribute('open')).toBeNull();
  await query.locator('summary').first().focus();
  await page.keyboard.press('Enter');
  expect(await query.getAttribute('open')).toBe('');
  await page.close();
});

it('the faults these tests look for are found where they are', async () => {
  const broken = `<body style="margin:0;color:#999;background:#fff"><div style="width:2000px">wide</div>
    <div style="width:40px;white-space:nowrap">longer than its box</div><svg width="20" height="20"><text y="50">out</text></svg>`;
  const { page } = await openPage(browser, broken);
  await showAs(page, { width: 360, scheme: 'light', media: 'screen' });
  const kinds = (await page.evaluate(findFaults)).map((fault) => fault.split(/[:0-9]/)[0]?.trim());
  expect(new Set(kinds)).toEqual(new Set(['the page is', 'wider than its box', 'out of its chart', 'contrast']));
  await page.close();
});

const rendered = new Map<string, string>();
function htmlOf(name: string): string {
  const html = rendered.get(name) ?? renderReport(reports[name] ?? buildReport());
  rendered.set(name, html);
  return html;
}

function withoutLabels(report: Report): Report {
  const gates = report.gates;
  if (gates === null) return report;
  const lost = gates.quality.lost.map((query) => ({ ...query, ndcg: null }));
  const none = { labelled: 0, detectable: null, judged: null, metrics: [], differences: [], won: [] };
  const quality = { ...gates.quality, ...none, verdict: 'not-measured', basis: 'difference', lost } as const;
  return { ...report, verdict: 'inconclusive', gates: { ...gates, quality } };
}
