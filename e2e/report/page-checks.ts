/** What is wrong with the page as it stands, in words. Runs inside the browser, so it can use nothing from outside itself. */
export function findFaults(): string[] {
  const name = (element: Element) =>
    `<${element.tagName.toLowerCase()} class="${element.getAttribute('class') ?? ''}"> "${(element.textContent ?? '').trim().slice(0, 60)}"`;
  const root = document.documentElement;
  const visible = (element: Element) => element.checkVisibility({ visibilityProperty: true }) && element.closest('.skip') === null;
  const elements = [...document.body.querySelectorAll('*')].filter(visible);

  const sideways = root.scrollWidth > root.clientWidth ? [`the page is ${root.scrollWidth} px wide, the window ${root.clientWidth}`] : [];

  // Past its own box a text would lie over its neighbour; what scrolls may hold more than it shows.
  const isBox = (element: Element): element is HTMLElement => element instanceof HTMLElement && element.clientWidth > 0;
  const scrolls = (element: Element) => ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
  const overfull = elements.filter(isBox).filter((element) => !scrolls(element) && element.scrollWidth > element.clientWidth + 1);

  const outOfChart = elements.filter((element) => {
    const chart = element instanceof SVGTextElement ? element.ownerSVGElement?.getBoundingClientRect() : undefined;
    const text = element.getBoundingClientRect();
    return (
      chart && (text.left < chart.left - 1 || text.right > chart.right + 1 || text.top < chart.top - 1 || text.bottom > chart.bottom + 1)
    );
  });

  // WCAG 2.2, 1.4.3: relative luminance, and at least 4.5 to 1.
  const channels = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (color: string) => {
    const [r = 0, g = 0, b = 0] = channels(color).map((value) =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)';
    const color = getComputedStyle(element).backgroundColor;
    return channels(color)[3] === 0 ? ground(element.parentElement) : color;
  };
  const hasText = (element: Element) =>
    [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? '').trim() !== '');
  const contrast = (element: Element) => {
    const { color, fill } = getComputedStyle(element);
    const [low = 0, high = 0] = [luminance(element instanceof SVGElement ? fill : color), luminance(ground(element))].toSorted(
      (one, other) => one - other,
    );
    return (high + 0.05) / (low + 0.05);
  };
  const faint = elements.filter(hasText).filter((element) => contrast(element) < 4.5);

  return [
    ...sideways,
    ...overfull.map((element) => `wider than its box: ${name(element)}`),
    ...outOfChart.map((element) => `out of its chart: ${name(element)}`),
    ...faint.map((element) => `contrast ${contrast(element).toFixed(2)}: ${name(element)}`),
  ];
}

/** Unfolds everything. */
export function openAll(): void {
  for (const details of document.querySelectorAll('details')) details.open = true;
}

/** The page's ground, and how many texts, charts and folded-away parts show. */
export function describePage(): { ground: string; charts: number; chartTexts: number; queries: string[]; settingsShown: boolean } {
  const shown = (selector: string) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  return {
    ground: getComputedStyle(document.body).backgroundColor,
    charts: shown('.plot svg').length,
    chartTexts: shown('.plot svg text').length,
    queries: shown('.query .results').map((results) => results.textContent?.trim().slice(0, 11) ?? ''),
    settingsShown: shown('.settings table').length > 0,
  };
}

/** How the two result lists of the first open query stand to each other. */
export function placeOfLists(): { beside: boolean; below: boolean } {
  const [old, now] = [...document.querySelectorAll('.query[open] .results')].map((results) => results.getBoundingClientRect());
  return { beside: (now?.left ?? 0) >= (old?.right ?? 0), below: (now?.top ?? 0) >= (old?.bottom ?? 0) };
}
