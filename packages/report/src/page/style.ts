const light = `
  color-scheme: light;
  --page: #f5f6f8; --surface: #ffffff; --sunken: #f5f6f8; --text: #171a21; --muted: #535c69; --line: #dde1e8; --strong-line: #b9c0cb; --link: #1d52c4;
  --pass: #0b6338; --pass-ground: #e5f5ec; --fail: #a1182b; --fail-ground: #fdebed; --open: #784600; --open-ground: #fff3d9; --none: #454e5b; --none-ground: #e9ecf1;
  --chart-old: #7a8494; --chart-new: #2560d8; --chart-lost: #c4520f; --chart-axis: #8b94a2; --target: #fff8d6;`;

const dark = `
  color-scheme: dark;
  --page: #0e1116; --surface: #161a21; --sunken: #1c212a; --text: #e9ecf1; --muted: #a4aebc; --line: #2a313c; --strong-line: #46505f; --link: #86b0ff;
  --pass: #7fdcaa; --pass-ground: #10291d; --fail: #ff9aa5; --fail-ground: #371519; --open: #f4c46b; --open-ground: #30240c; --none: #c3cbd7; --none-ground: #262c36;
  --chart-old: #8d97a8; --chart-new: #6ba2ff; --chart-lost: #ff9357; --chart-axis: #66717f; --target: #2c2a16;`;

/**
 * The page's style sheet. Colours are custom properties, which charts use too; paper is always light.
 * What is long breaks, what is wide scrolls within itself: the page itself never scrolls sideways.
 */
export const style = `
:root {${light}
}
@media screen and (prefers-color-scheme: dark) { :root {${dark}
} }
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere; font-variant-numeric: tabular-nums;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Ubuntu, sans-serif;
}
header, main, footer { max-width: 71rem; margin: 0 auto; padding: 0 1.25rem; }
h1, h2, h3, h4, p, ul, ol, dl, dd, figure { margin: 0; }
h1 { font-size: clamp(1.6rem, 1.2rem + 1.6vw, 2.3rem); line-height: 1.2; font-weight: 680; letter-spacing: -0.015em; }
h2 { font-size: 1.3rem; line-height: 1.3; font-weight: 650; letter-spacing: -0.01em; margin-bottom: 1rem; }
h3 { font-size: 1.02rem; line-height: 1.4; font-weight: 640; }
h4 { font-size: 0.82rem; font-weight: 640; color: var(--muted); margin-bottom: 0.6rem; }
a { color: var(--link); }
code { font: 0.875em/1.4 ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace; unicode-bidi: isolate; }
strong, b { font-weight: 650; }
summary { cursor: pointer; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.muted, .note { color: var(--muted); }
p.muted { font-size: 0.925rem; }
.skip { position: absolute; left: -100vw; }
.skip:focus { left: 1rem; top: 0.5rem; background: var(--surface); padding: 0.5rem 0.75rem; z-index: 1; }

header { padding-top: 2.5rem; padding-bottom: 1.5rem; }
.eyebrow { color: var(--muted); font-size: 0.875rem; font-weight: 560; margin-bottom: 0.35rem; }
.route { margin-top: 0.6rem; color: var(--muted); }
.route code { color: var(--text); font-size: 0.925em; }
.phase { display: inline-block; margin-left: 0.75rem; padding: 0.05rem 0.6rem; border: 1px solid var(--strong-line); border-radius: 99px; font-size: 0.82rem; }
section { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; padding: 1.5rem; margin-bottom: 1.25rem; }
section > * + *, section .pair > * > * + * { margin-top: 1rem; }
section > h2 + * { margin-top: 0; }
section > h3 { margin-top: 1.75rem; }
:target { background: var(--target); scroll-margin-top: 1rem; }
section:target { border-color: var(--link); background: var(--surface); }
section:target > h2 { color: var(--link); }

.badge { display: inline-flex; align-items: center; gap: 0.4em; padding: 0.1em 0.7em 0.1em 0.5em; border-radius: 99px; font-size: 0.875rem; font-weight: 620; white-space: nowrap; }
.sign { font-weight: 800; min-width: 1em; text-align: center; }
.pass { color: var(--pass); background: var(--pass-ground); }
.fail { color: var(--fail); background: var(--fail-ground); }
.inconclusive { color: var(--open); background: var(--open-ground); }
.not-measured { color: var(--none); background: var(--none-ground); }

.verdict { border-color: currentColor; padding: 1.75rem; }
.verdict > * + * { margin-top: 0.9rem; }
.verdict > :not(.stamp) { color: var(--text); }
.verdict > .stamp .badge { background: none; padding: 0; font-size: 1.05rem; }
.verdict .sign { display: inline-grid; place-items: center; width: 1.6em; height: 1.6em; border: 2px solid currentColor; border-radius: 50%; line-height: 1; }
.verdict .gates .sign { display: inline; width: auto; height: auto; border: 0; }
.headline { font-size: clamp(1.2rem, 1.05rem + 0.7vw, 1.55rem); line-height: 1.35; font-weight: 600; letter-spacing: -0.01em; max-width: 48em; }
.gates { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: center; }
.gates .badge { background: var(--surface); margin-left: 0.3rem; }
.gates .muted { color: var(--text); }
.override { border-left: 4px solid var(--strong-line); padding: 0.15rem 0 0.15rem 0.9rem; }
.interval { white-space: nowrap; }

nav { margin: 0 0 1.25rem; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: 0.35rem 1.25rem; font-size: 0.925rem; }
nav a { text-decoration: none; display: inline-block; padding: 0.2rem 0; }
nav a:hover { text-decoration: underline; }

.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(11rem, 100%), 1fr)); gap: 1.5rem 1.25rem; }
.card { border-left: 2px solid var(--strong-line); padding-left: 0.9rem; }
.card dt { color: var(--muted); font-size: 0.875rem; }
.card .figure { display: block; font-size: 1.6rem; line-height: 1.3; font-weight: 620; letter-spacing: -0.015em; }
.card .note { font-size: 0.875rem; }
.fine, .lead, .reasons, .changes, .prose { max-width: 46rem; }
.reasons, .changes { padding-left: 1.2rem; }
.reasons li + li, .changes li + li { margin-top: 0.4rem; }
.changes { font-size: 1.05rem; }
.lead .badge { margin-right: 0.4rem; }
.empty { color: var(--muted); background: var(--sunken); border: 1px dashed var(--strong-line); border-radius: 8px; padding: 0.9rem 1.1rem; }
.warning { color: var(--open); background: var(--open-ground); border-radius: 8px; padding: 0.75rem 1rem; font-size: 0.925rem; }

section > .titled:not(h2 + *) { margin-top: 1.6rem; }
.titled > h3 { font-size: 0.95rem; margin-bottom: 0.35rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.925rem; }
th, td { text-align: left; vertical-align: top; padding: 0.5rem 1.1rem 0.5rem 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; min-width: 4.5rem; max-width: 32rem; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--muted); font-weight: 560; font-size: 0.85rem; white-space: nowrap; border-bottom-color: var(--strong-line); }
tbody th { font-weight: inherit; }
.number { text-align: right; white-space: nowrap; }
.ids code { display: inline-block; max-width: 100%; background: var(--sunken); border-radius: 4px; padding: 0 0.35em; }
.prose { display: block; }

.pair { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.75rem; align-items: start; }
.chart { container-type: inline-size; }
.chart figcaption p { color: var(--muted); font-size: 0.925rem; margin: 0.15rem 0 0.75rem; }
.plot { display: none; }
.plot svg { display: block; width: 100%; height: auto; }
.plot.narrow { display: block; max-width: 26rem; }
@container (min-width: 29rem) { .plot.narrow { display: none; } .plot.medium { display: block; max-width: 44rem; } }
@container (min-width: 54rem) { .wide-chart .plot.medium { display: none; } .plot.wide { display: block; } }

details > .titled, details > details { margin-top: 0.75rem; }
details > summary { list-style-position: outside; margin-left: 1.1rem; }
.query { border: 1px solid var(--line); border-radius: 10px; }
section > .query { margin-top: 0.6rem; }
.query > summary { display: flex; flex-wrap: wrap; gap: 0.2rem 1.5rem; justify-content: space-between; align-items: baseline; margin: 0; padding: 0.75rem 1rem 0.75rem 2.1rem; position: relative; }
.query > summary::before { content: "▸"; position: absolute; left: 0.9rem; color: var(--muted); }
.query[open] > summary::before { content: "▾"; }
.query > summary::-webkit-details-marker { display: none; }
.asked { font-weight: 600; flex: 1 1 20rem; min-width: min(100%, 12rem); }
.numbers { color: var(--muted); font-size: 0.875rem; display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
.numbers strong { color: var(--text); }
.body { padding: 0 1rem 0 2.1rem; font-size: 0.925rem; }
.lists { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1.5rem; padding: 0.75rem 1rem 1rem 2.1rem; }
.results ol { padding-left: 1.6rem; font-size: 0.925rem; }
.results li { padding-left: 0.2rem; }
.results li + li { margin-top: 0.75rem; padding-top: 0.75rem; border-top: 1px solid var(--line); }
.results li::marker { color: var(--muted); }
.hit { display: flex; flex-wrap: wrap; gap: 0.15rem 0.9rem; align-items: baseline; color: var(--muted); font-size: 0.84rem; margin-top: 0.3rem; }
.hit .move { color: var(--text); }
.tag { border: 1px solid var(--strong-line); border-radius: 4px; padding: 0 0.4em; }
.tag.relevant { color: var(--pass); border-color: currentColor; }
.whole > summary { margin-left: 0; list-style: none; }
.whole > summary::-webkit-details-marker { display: none; }
.whole[open] > summary .text, .whole[open] .more:not(.less), .whole:not([open]) .less { display: none; }
.more { color: var(--link); text-decoration: underline; font-size: 0.875rem; white-space: nowrap; }
.pre { white-space: pre-wrap; margin-top: 0.4rem; }

footer { color: var(--muted); font-size: 0.875rem; padding-top: 0.5rem; padding-bottom: 3rem; }

@media (min-width: 60rem) {
  .pair, .lists { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .pair { gap: 2.5rem; }
  .metrics tbody th, .metrics .number { white-space: nowrap; }
  .metrics { grid-template-columns: minmax(0, 7fr) minmax(0, 6fr); }
}
@media (max-width: 36rem) {
  header, main, footer { padding-left: 0.9rem; padding-right: 0.9rem; }
  section, .verdict { padding: 1.1rem 1rem; }
  .lists, .body { padding-left: 1rem; }
  th, td { padding-right: 0.7rem; min-width: 0; }
  .number { white-space: normal; }
  .phase { margin-left: 0; margin-top: 0.4rem; display: table; }
}
@media print {
  :root { --page: #ffffff; }
  @page { margin: 14mm; }
  html { font-size: 10pt; }
  body { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  header, main, footer { max-width: none; padding-left: 0; padding-right: 0; }
  nav, .skip, .more { display: none; }
  section { border-width: 0 0 1px; border-radius: 0; padding: 1rem 0; }
  .verdict { border: 1px solid currentColor; border-radius: 8px; padding: 1rem; }
  .chart, .card, .results li, tr, h2, h3 { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  .scroll { overflow: visible; }
  .number, thead th { white-space: normal; }
  th, td { min-width: 0; overflow-wrap: anywhere; }
  .pair, .lists { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.25rem; }
  .metrics { grid-template-columns: minmax(0, 1fr); }
  .query > summary::before, .query[open] > summary::before { content: none; }
  details:not(.whole)::details-content { content-visibility: visible; display: block; }
}
`;
