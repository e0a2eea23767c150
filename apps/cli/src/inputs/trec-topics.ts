import type { Located, QueryInput } from './query-files.ts';
import { fault } from './records.ts';

/** Topics as TREC has them: `<top>` with `<num>` and `<title>`, or `<topic number="…">` with `<query>` or `<title>`. */
export function isTopics(text: string): boolean {
  return /<top(ic)?\b/.test(text.slice(0, 2_000)) && !/^\s*[{[]/.test(text);
}

const topic = /<top(?:ic)?\b(?!s)([^>]*)>([\s\S]*?)<\/top(?:ic)?>/g;

/** The titles of topics as queries, each with the line it begins in. Throws `invalid-spec` where one has no number or no title. */
export function parseTopics(text: string, file: string): Located<QueryInput>[] {
  const found = [...text.matchAll(topic)];
  const opened = text.match(/<top(?:ic)?\b(?!s)/g)?.length ?? 0;
  if (found.length < opened)
    throw fault(
      file,
      unendedAt(text),
      `begins a topic that does not end; the file has ${opened} topics that begin and ${found.length} that end: each ends with </top> or </topic>`,
    );
  return found.map((match) => {
    const [, attributes = '', body = ''] = match;
    const line = text.slice(0, match.index).split('\n').length;
    const id = (/\b(?:number|id)\s*=\s*"([^"]*)"/.exec(attributes)?.[1] ?? partOf(body, 'num'))
      .replace(/^(?:Number|Topic)\s*:\s*/i, '')
      .trim();
    if (id === '') throw fault(file, line, 'is a topic without a number: write <num> or number="…"');
    const words = (partOf(body, 'title') || partOf(body, 'query'))
      .replace(/^(?:Topic|Title)\s*:\s*/i, '')
      .replaceAll(/\s+/g, ' ')
      .trim();
    if (words === '') throw fault(file, line, `is topic ${id} without <title> or <query>: that is what is asked`);
    return { line, value: { id, text: words } };
  });
}

/** The line of the first topic that another one follows, or nothing, before it has ended. */
function unendedAt(text: string): number {
  const tags = [...text.matchAll(/<(\/?)top(?:ic)?\b(?!s)/g)];
  const at = tags.findIndex(([, closes], next) => closes === '' && tags[next + 1]?.[1] !== '/');
  return text.slice(0, tags[at]?.index).split('\n').length;
}

/** What stands behind a tag, to the next one: TREC's own tags are not closed. */
function partOf(body: string, tag: string): string {
  return readable(new RegExp(`<${tag}>([^<]*)`, 'i').exec(body)?.[1] ?? '').trim();
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function readable(text: string): string {
  return text.replaceAll(/&(amp|lt|gt|quot|apos);/g, (whole, name: string) => entities[name] ?? whole);
}
