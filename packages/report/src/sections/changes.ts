import type { Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { code, emptyState, inline, longText, section, table, vectorName } from '../page/elements.ts';
import { formatCounted } from '../page/format.ts';

/** What the vectors are made of, and both collections' settings: what differs, then the rest. */
export function settingsSection({ oldVectors, vectors, collections }: Report): SafeHtml {
  return section('settings', 'Vectors and settings', [oldVectorsPart(oldVectors), vectorsPart(vectors), collectionsPart(collections)]);
}

function vectorsPart(vectors: Report['vectors']): SafeHtml {
  if (vectors.length === 0) return emptyState('No vector has a recipe: only settings change.');
  const rows = vectors.map(({ name, recipe, model }) => [
    vectorName(name),
    inline(recipe),
    model === null ? html`<span class="muted">no model</span>` : code(model),
  ]);
  return table('Vectors of the new collection', [{ title: 'Vector' }, { title: 'Recipe' }, { title: 'Model' }], rows);
}

/** What made them has been said by the spec or by the collection's own metadata, or by nobody. */
function oldVectorsPart(oldVectors: Report['oldVectors']): SafeHtml {
  if (oldVectors.length === 0)
    return emptyState('The vectors of the old collection are not known: it could not be read when this report was made.');
  const rows = oldVectors.map(({ name, model }) => [
    vectorName(name),
    model === null ? html`<span class="muted">nobody has said</span>` : code(model),
  ]);
  return table('Vectors of the old collection', [{ title: 'Vector' }, { title: 'Model' }], rows);
}

function collectionsPart({ old, new: now }: Report['collections']): SafeHtml {
  if (old === null || now === null) {
    const which = old === null && now === null ? 'neither collection' : old === null ? 'not the old collection' : 'not the new collection';
    return emptyState(`Settings cannot be compared: ${which} could be read when this report was made.`);
  }
  const { differ, equal } = diffSettings(old, now);
  return html`<details class="settings"><summary>${differ.length === 0 ? 'The settings are equal' : `${formatCounted(differ.length, 'setting')} differ${differ.length === 1 ? 's' : ''}`}, ${equal.length} equal</summary>
${differ.length === 0 ? null : settingsTable('Settings that differ', differ)}
${equal.length === 0 ? null : html`<details><summary>${formatCounted(equal.length, 'equal setting')}</summary>${settingsTable('Settings that are equal', equal)}</details>`}</details>`;
}

function settingsTable(caption: string, settings: readonly Setting[]): SafeHtml {
  const rows = settings.map(({ path, old, new: now }) => [code(path), value(old), value(now)]);
  return table(caption, [{ title: 'Setting' }, { title: 'Old' }, { title: 'New' }], rows);
}

function value(text: string | null): SafeHtml {
  return text === null ? html`<span class="muted">not set</span>` : code(text);
}

/** One setting of either collection by its dotted path; null where it is not set. */
export type Setting = { readonly path: string; readonly old: string | null; readonly new: string | null };
type Config = Readonly<Record<string, unknown>>;

/** Every setting of both configurations, apart: those that differ, and those that are equal; each in order of their paths. */
export function diffSettings(before: Config, after: Config): { readonly differ: Setting[]; readonly equal: Setting[] } {
  const [old, now] = [leaves(before), leaves(after)];
  const paths = [...new Set([...old.keys(), ...now.keys()])].toSorted();
  const all = paths.map((path) => ({ path, old: old.get(path) ?? null, new: now.get(path) ?? null }));
  return { differ: all.filter((setting) => setting.old !== setting.new), equal: all.filter((setting) => setting.old === setting.new) };
}

/** Values by path, as JSON. Qdrant reports what is not set as null, or not at all: both are left out. */
function leaves(value: unknown, path = ''): Map<string, string> {
  if (value === null || value === undefined) return new Map();
  if (typeof value !== 'object' || Array.isArray(value)) return new Map([[path, JSON.stringify(value)]]);
  return new Map(Object.entries(value).flatMap(([key, inner]) => [...leaves(inner, join(path, key))]));
}

/** The unnamed vector is a key without letters, and keys with dots would read as two. */
function join(path: string, key: string): string {
  const name = /^[\w-]+$/.test(key) ? key : JSON.stringify(key);
  return path === '' ? name : `${path}.${name}`;
}

/** What applications have to change, and when. */
export function queryChangeSection(changes: readonly string[]): SafeHtml {
  const body =
    changes.length === 0
      ? emptyState('Nothing: applications go on asking as they do.')
      : html`<ol class="changes">${changes.map((change) => html`<li>${longText(change, { limit: 1000 })}</li>`)}</ol>`;
  return section('query-change', 'What to change where you search', [body]);
}
