import type { Report } from '@reembed/contracts';
import { html, type SafeHtml } from '@remix-run/html-template';
import { diffSettings, type Setting } from '../diff-settings.ts';
import { code, emptyState, inline, section, table } from '../elements.ts';
import { formatCounted } from '../format-numbers.ts';
import { vectorName } from './set-aside.ts';

/** What the vectors are made of, and both collections' settings: what differs, then the rest. */
export function settingsSection({ vectors, collections }: Report): SafeHtml {
  return section('settings', 'Vectors and settings', [vectorsPart(vectors), collectionsPart(collections)]);
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
