import type { MigrationView, Phase, Unreadable } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';

/** Nothing in the page runs or is fetched, should a name ever get past the escaping. */
export const overviewPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; frame-ancestors 'none'";

/** `more`: whether there are older ones that the page does not show. */
export type Overview = {
  readonly migrations: readonly MigrationView[];
  readonly unreadable: readonly Unreadable[];
  readonly more: boolean;
  readonly workers: number;
  readonly deadLetters: number;
};

const ended: readonly Phase[] = ['completed', 'cancelled', 'rolled-back'];

/** What runs, where it stands and where to look on, for people: one page without script. */
export function renderOverview({ migrations, unreadable, more, workers, deadLetters }: Overview): string {
  const running = migrations.filter(({ phase }) => !ended.includes(phase));
  const past = migrations.filter(({ phase }) => ended.includes(phase));
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>reembed</title>
<link rel="icon" href="data:,">
<style>${html.raw`${style}`}</style>
</head>
<body>
<header><h1>reembed</h1>
<nav><a href="/queues">Bull Board</a> <a href="/docs">API</a> <a href="/docs/json">OpenAPI</a> <a href="/v1/migrations">migrations as JSON</a> <a href="/readyz">health</a></nav></header>
<main>
<p>${workersInWords(workers)}</p>
${deadLetters === 0 ? '' : html`<p class="error">${deadLettersInWords(deadLetters)}</p>`}
${unreadable.map(({ message, code }) => html`<article><p class="error">${message} <code>${code}</code></p></article>\n`)}
<h2>Running</h2>
${running.length === 0 ? html`<p>No migration runs. Submit a spec: <code>reembed submit spec.yaml</code></p>` : running.map(article)}
${past.length === 0 ? '' : html`<h2>Ended</h2>${past.map(article)}`}
${more ? html`<p>Older ones: <code>reembed list</code></p>` : ''}
</main>
</body>
</html>
`;
  return String(page).toWellFormed();
}

function workersInWords(workers: number): string {
  if (workers === 0) return 'No worker runs: start one with `reembed worker`.';
  return workers === 1 ? 'One worker runs.' : `${workers} workers run.`;
}

function deadLettersInWords(count: number): string {
  const jobs = count === 1 ? 'One job' : `${number(count)} jobs`;
  return `${jobs} that nobody can work on: \`reembed dead-letters\` says why.`;
}

function article({ id, name, phase, source, target, alias, progress, waiting, error, next, updatedAt }: MigrationView): SafeHtml {
  const at = `/v1/migrations/${encodeURIComponent(id)}`;
  return html`<article>
<h3><bdi lang="">${name}</bdi> <span class="phase">${phase}</span></h3>
<p><bdi><code>${source}</code></bdi> to <bdi><code>${target}</code></bdi>${alias === null ? '' : html`, read as <bdi><code>${alias}</code></bdi>`}</p>
<p>${pointsInWords(progress)} Last change <time datetime="${updatedAt}">${updatedAt}</time>.</p>
${waiting === null ? '' : html`<p>Waiting since <time datetime="${waiting.since}">${waiting.since}</time>: ${waiting.reason}</p>`}
${error === null ? '' : html`<p class="error">${error.message} <code>${error.code}</code></p>`}
<p>${next}</p>
<p><a href="${at}/report.html">report</a> <a href="${at}">as JSON</a> <code>${id}</code></p>
</article>
`;
}

function pointsInWords({ pass, points, sourcePoints, setAside }: MigrationView['progress']): string {
  const aside = setAside === null || setAside === 0 ? '' : ` ${number(setAside)} set aside.`;
  return pass === null ? aside.trim() : `This ${pass.kind} pass: ${number(points)} of ${number(sourcePoints)} points.${aside}`;
}

function number(value: number): string {
  return value.toLocaleString('en');
}

const style = `
:root { color-scheme: light dark; --line: light-dark(#d5d8dd, #3a3f47); --soft: light-dark(#5b6470, #9aa4b1); --bad: light-dark(#a3261b, #ff9d92); --link: light-dark(#0a58ca, #8ab4f8); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
header { display: flex; flex-wrap: wrap; gap: .25rem 2rem; align-items: baseline; border-bottom: 1px solid var(--line); }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; } h3 { font-size: 1rem; margin: 0 0 .25rem; }
a { color: var(--link); margin-right: .75rem; }
article { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem; margin: .5rem 0; }
article p { margin: .25rem 0; }
.phase { font-weight: 400; color: var(--soft); margin-left: .5rem; } .error { color: var(--bad); }
code { font-size: .9em; }
`;
