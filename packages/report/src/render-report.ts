import type { Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { code, cutName, inline, time } from './page/elements.ts';
import { htmlPage } from './page/html-page.ts';
import { bridgeSection } from './sections/bridge.ts';
import { queryChangeSection, settingsSection } from './sections/changes.ts';
import { fidelitySection, setAsideSection } from './sections/completeness.ts';
import { qualitySection } from './sections/quality.ts';
import { queriesSection } from './sections/queries.ts';
import { searchesSection } from './sections/searches.ts';
import { summarySection, verdictBanner } from './sections/summary.ts';
import { timeSection } from './sections/time.ts';

const contents = [
  ['summary', 'At a glance'],
  ['quality', 'Search quality'],
  ['queries', 'Queries'],
  ['fidelity', 'Fidelity'],
  ['set-aside', 'Set-aside points'],
  ['time', 'Time'],
  ['settings', 'Settings'],
  ['query-change', 'What to change'],
] as const;

/**
 * The report as one HTML page that needs nothing else: no script, no network, charts as SVG.
 * The same report gives the same page; half a character (a lone surrogate) becomes U+FFFD.
 */
export function renderReport(report: Report): string {
  const { quality = null, fidelity = null } = report.gates ?? {};
  const sections = [
    summarySection(report),
    qualitySection(quality),
    queriesSection(quality),
    ...bridgeSection(report),
    ...searchesSection(report),
    fidelitySection(fidelity),
    setAsideSection(report),
    timeSection(report),
    settingsSection(report),
    queryChangeSection(report.queryChange),
  ];
  return String(pageOf(report, sections)).toWellFormed();
}

function pageOf(report: Report, sections: SafeHtml[]): SafeHtml {
  const { id, name, createdAt } = report.migration;
  return htmlPage(
    `${cutName(name)}: migration report`,
    html`${pageHeader(report)}
<main>${verdictBanner(report)}${contentsOf()}${sections}</main>
<footer><p>Made by reembed, ${time(report.at)}. Migration ${code(id)}, begun ${time(createdAt)}.</p></footer>`,
  );
}

function pageHeader({ migration }: Report): SafeHtml {
  const { phase, source, target, alias } = migration;
  const alsoCalled = alias === null ? null : html`, read as ${code(alias)}`;
  return html`<header><p class="eyebrow">Migration report</p>
<h1>${inline(migration.name)}</h1>
<p class="route">${code(source)} <span aria-label="to">→</span> ${code(target)}${alsoCalled}<span class="phase">${phase}</span></p></header>`;
}

function contentsOf(): SafeHtml {
  return html`<nav aria-label="Contents"><ul>${contents.map(([id, title]) => html`<li><a href="#${id}">${title}</a></li>`)}</ul></nav>`;
}
