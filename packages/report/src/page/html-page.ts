import { html, type SafeHtml } from '@remix-run/html-template';
import { style } from './style.ts';

/** Nothing in the page may run or be fetched, should a text ever get past the escaping. */
export const pagePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/** A page that needs nothing else: no script, no network. Its numbers begin at `#summary`. */
export function htmlPage(title: string, body: SafeHtml): SafeHtml {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${pagePolicy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="reembed">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${html.raw`${style}`}</style>
</head>
<body>
<a class="skip" href="#summary">Skip to the numbers</a>
${body}
</body>
</html>
`;
}
