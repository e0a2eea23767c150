import type { Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { section, table } from '../page/elements.ts';
import { formatCount, formatShare } from '../page/format.ts';

const numbers = ['searches', 'without a result', 'mean time'];

type Side = NonNullable<Report['searches']>['split']['old'];

/** What gateways found of real searches before the switch; nothing where none was asked. */
export function searchesSection({ searches }: Pick<Report, 'searches'>): SafeHtml[] {
  if (searches === null) return [];
  const { shadow, split } = searches;
  const compared = shadow.old.searches;
  const agreed = (sum: number) => formatShare(sum / compared);
  const said =
    compared === 0
      ? 'No search was asked of both sides.'
      : `${formatCount(compared)} real searches were asked of both sides: they agree on ${agreed(shadow.agreedAt1)} of first places, and on ${agreed(shadow.agreedAt10)} of the first ten. Where they differ either may be better: that is no verdict.`;
  const rows = ([name, side]: readonly [string, Side]) =>
    side.searches === 0
      ? []
      : [[name, formatCount(side.searches), formatShare(side.empty / side.searches), `${(side.tookMs / side.searches).toFixed(1)} ms`]];
  const found = (
    [
      ['asked of both, old', shadow.old],
      ['asked of both, new', shadow.new],
      ['split, old', split.old],
      ['split, new', split.new],
    ] as const
  ).flatMap(rows);
  return [
    section('searches', 'What applications searched for', [
      html`<p>${said}</p>`,
      table('Searches by side', [{ title: 'side', numeric: false }, ...numbers.map((title) => ({ title, numeric: true }))], found),
    ]),
  ];
}
