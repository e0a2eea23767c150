import type { Spec } from '@reembed/contracts';
import type { AdapterReading } from '../plan/read-adapters.ts';
import type { SourceReading } from '../plan/read-source.ts';
import type { TextReading } from '../plan/read-texts.ts';
import type { Surroundings } from '../plan/surroundings.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';

/** What a plan has read before it judges. */
export type PlanScene = SourceReading & {
  readonly spec: Spec;
  readonly around: Surroundings;
  readonly catalogue: ModelCatalogue;
  readonly adapters: AdapterReading;
  readonly texts: TextReading;
  /** By model: why the server embeds no text with it, in its words. Only models that it is to embed with are asked about. */
  readonly inferenceRefusals: Readonly<Record<string, string>>;
};

/** Names for a message: at most twenty. */
export function listed(names: readonly string[]): string {
  if (names.length === 0) return 'none';
  const shown = names.slice(0, 20).map((name) => (name === '' ? '"" (unnamed)' : name));
  return names.length > shown.length ? `${shown.join(', ')} and ${names.length - shown.length} more` : shown.join(', ');
}
