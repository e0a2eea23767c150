import { mostIds, mostQrels } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';

/** JSON within JSON: filters and settings of Qdrant need a handful, and what reads them goes down into them by calling itself. */
const deepest = 64;

/** Entries of a list or fields of an object: a spec with more of one thing has no room in its target's metadata, and takes long to be checked. */
const mostEntries = 5_000;

/** Of all lists and objects of a body together: labels at their limit have 300,000 fields. Lists within lists would be looked through for seconds. */
const mostAltogether = 600_000;

/** Lists that are long by their nature, and have limits of their own. */
const longLists: Readonly<Record<string, number>> = { qrels: mostQrels, ids: mostIds };

/** Throws `invalid-request` for a text of JSON that goes deeper than anybody needs, in one look and before it is parsed. */
export function checkDepth(json: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < json.length; at++) {
    const sign = json.charCodeAt(at);
    if (quoted) {
      if (sign === backslash) at++;
      else if (sign === quote) quoted = false;
    } else if (sign === quote) quoted = true;
    else if (sign === openBrace || sign === openBracket) {
      if (++depth > deepest)
        throw new ReembedError(
          'invalid-request',
          `the body is nested deeper than ${deepest} from character ${at + 1} on: nothing that is read here is`,
        );
    } else if (sign === closeBrace || sign === closeBracket) depth--;
  }
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket] = [...'"\\{}[]'].map((sign) => sign.charCodeAt(0));

/** Throws `invalid-request` for the first list or object of a body that has more in it than is looked at, and for a body that has so in all. */
export function checkEntries(body: unknown): void {
  const open: { readonly value: unknown; readonly field: string; readonly most: number }[] = [
    { value: body, field: '', most: mostEntries },
  ];
  let altogether = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value, field, most } = next;
    if (typeof value !== 'object' || value === null) continue;
    const entries = Object.entries(value);
    if (entries.length > most) {
      const issue = { field, value: `${entries.length} entries`, message: `may have at most ${most} entries` };
      throw new ReembedError('invalid-request', `${field || 'the body'} (${issue.value}): ${issue.message}`, { issues: [issue] });
    }
    altogether += entries.length;
    if (altogether > mostAltogether)
      throw new ReembedError(
        'invalid-request',
        `the body has more than ${mostAltogether} entries and fields: nothing that is read here has`,
      );
    for (const [name, inner] of entries)
      open.push({ value: inner, field: field === '' ? name : `${field}.${name}`, most: longLists[name] ?? mostEntries });
  }
}
