import { html, type SafeHtml } from '@remix-run/html-template';
import {
  BarChart,
  type BarSeriesOption,
  CustomChart,
  type CustomSeriesOption,
  LineChart,
  type LineSeriesOption,
  ScatterChart,
  type ScatterSeriesOption,
} from 'echarts/charts';
import {
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  MarkLineComponent,
  type MarkLineComponentOption,
} from 'echarts/components';
import { type ComposeOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

use([BarChart, CustomChart, LineChart, ScatterChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer]);

export type ChartOption = ComposeOption<
  | BarSeriesOption
  | CustomSeriesOption
  | LineSeriesOption
  | ScatterSeriesOption
  | GridComponentOption
  | LegendComponentOption
  | MarkLineComponentOption
>;

/**
 * One chart. It may show numbers and words of ours only, never text of the data: its SVG goes into the page as it is.
 * `summary` says in words what the chart shows: it is its description for those who do not see it.
 */
export type Chart = {
  readonly id: string;
  readonly title: string;
  readonly summary: string | SafeHtml;
  readonly height: number;
  /** Drawn for a wide page too; else for half of one. */
  readonly wide?: boolean;
  readonly option: ChartOption;
};

/** Labels keep their size, so a chart is drawn once for each width it may have, px; the page shows the one that fits. */
const widths = { narrow: 320, medium: 560, wide: 1040 } as const;

/** Colours are the page's custom properties, which follow light, dark and paper. */
export const ink = {
  old: 'var(--chart-old)',
  new: 'var(--chart-new)',
  won: 'var(--chart-new)',
  lost: 'var(--chart-lost)',
  label: 'var(--muted)',
  axis: 'var(--chart-axis)',
  grid: 'var(--line)',
} as const;

/** Spelt out: the library writes a font where `inherit` would void it. */
const fontFamily = 'system-ui, sans-serif';

/** A figure: title, summary, and the chart as SVG without script. */
export function drawChart(chart: Chart): SafeHtml {
  const { id, title, summary, wide = false } = chart;
  const sizes = wide ? (['narrow', 'medium', 'wide'] as const) : (['narrow', 'medium'] as const);
  return html`<figure class="chart ${wide ? 'wide-chart' : ''}">
<figcaption><h3 id="${id}-title">${title}</h3><p id="${id}-summary">${summary}</p></figcaption>
<div class="plots">${sizes.map(
    (size) =>
      html`<div class="plot ${size}" role="img" aria-labelledby="${id}-title" aria-describedby="${id}-summary">${svgOf(chart, size)}</div>`,
  )}</div>
</figure>`;
}

function svgOf({ id, height, option }: Chart, size: keyof typeof widths): SafeHtml {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: widths[size], height });
  try {
    chart.setOption({ animation: false, useUTC: true, textStyle: { fontFamily, color: ink.label }, ...option });
    return html.raw`${settle(chart.renderToSVGString(), `${id}-${size}`)}`;
  } finally {
    chart.dispose();
  }
}

/**
 * The library counts ids and classes up over the life of the process; the page is to depend on the report alone.
 * Its classes serve only what a pointer does to a live chart.
 */
function settle(svg: string, id: string): string {
  return svg
    .replaceAll(/<style[\s\S]*?<\/style>/g, '')
    .replaceAll(/ class="zr[^"]*"/g, '')
    .replaceAll(/\bzr\d+-/g, `${id}-`);
}

type Axis = { readonly name?: string; readonly format?: (value: number) => string; readonly min?: number; readonly max?: number };

/** An axis of numbers in the page's colours. */
export function valueAxis({ name, format, ...bounds }: Axis = {}) {
  return {
    type: 'value' as const,
    ...bounds,
    ...(name === undefined ? {} : { name, nameLocation: 'middle' as const, nameGap: 30, nameTextStyle: { color: ink.label } }),
    splitNumber: 4,
    axisLabel: { color: ink.label, hideOverlap: true, ...(format === undefined ? {} : { formatter: format }) },
    axisLine: { show: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: ink.grid } },
  };
}

/** The key of the two sides, above the plot. */
export const legend = {
  top: 0,
  left: 0,
  itemWidth: 18,
  itemHeight: 10,
  icon: 'rect',
  itemGap: 28,
  selectedMode: false as const,
  textStyle: { color: ink.label },
};

export const sides = [
  { key: 'old', name: 'Old', color: ink.old, dash: 'dashed' },
  { key: 'new', name: 'New', color: ink.new, dash: 'solid' },
] as const;
