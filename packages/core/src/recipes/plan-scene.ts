import { type AdapterHeader, type EarlierTarget, type PinnedTextFile, readOrigins, type Spec, type VectorOrigin } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import type { ReembedError } from '../domain/error.ts';
import type { PointText } from '../domain/point.ts';
import type { PointIdSet } from '../domain/point-id-set.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';

/** What stands around a migration before it begins. */
export type ServerState = {
  readonly serverVersion: string;
  readonly aliases: ReadonlyMap<string, string>;
  readonly collections: readonly string[];
  /** The source under its own name; null where there is none. */
  readonly source: CollectionInfo | null;
  /** The alias by which the spec names the source; null where it names the collection. */
  readonly sourceAlias: string | null;
  readonly target: CollectionInfo | null;
};

/** What a plan knows of the source's points. */
export type SourceReading = {
  /** Points that migrate, at random, with payloads. */
  readonly sample: readonly PointText[];
  /** How many points migrate, exactly, and how many there are. */
  readonly points: number;
  readonly allPoints: number;
  /** Why Qdrant does not read by the filter: it is malformed, or strict mode wants an index for it. Null where it does. */
  readonly refusal: ReembedError | null;
};

/** What a plan knows of texts that are not in the payloads. */
export type TextReading = {
  /** The file of `source.textFrom.file`; null without one. */
  readonly file: PinnedTextFile | null;
  /** Why the sampled texts could not be read; null: they were, or the payloads have them. */
  readonly fault: ReembedError | null;
};

/** By target vector name: the adapter of every `project` recipe, or what is wrong with its file. */
export type AdapterReading = Readonly<Record<string, AdapterHeader | ReembedError>>;

/** What is taken from the target of an earlier migration, and by target vector name the sampled points whose vector it has. */
export type EarlierReading = { readonly earlier: EarlierTarget; readonly kept: Readonly<Record<string, PointIdSet>> };

/** What a plan has read before it judges. */
export type PlanScene = SourceReading & {
  readonly spec: Spec;
  readonly around: ServerState;
  readonly catalogue: ModelCatalogue;
  readonly adapters: AdapterReading;
  readonly texts: TextReading;
  /** By model: why the server embeds no text with it, in its words. Only models that it is to embed with are asked about. */
  readonly inferenceRefusals: Readonly<Record<string, string>>;
  /** Why the key in use may not manage collections, in the server's words; null: it may. */
  readonly manageRefusal: string | null;
  /** Why points do not go over gRPC; null: they can. */
  readonly binaryRefusal: string | null;
  /** Null where nothing is taken from an earlier target. */
  readonly earlier: EarlierReading | null;
};

/** What made the source's vectors: what the spec declares, else what the source's own metadata says. */
export function sourceOrigins(spec: Spec, source: Pick<CollectionInfo, 'vectors' | 'metadata'>): Record<string, VectorOrigin> {
  const stored = readOrigins(source.metadata);
  const declared = Object.entries(spec.source.vectors).flatMap(([name, { model, text }]) => {
    const dimensions = source.vectors[name]?.size;
    const projected = stored[name]?.projected;
    // What was said when it was made goes before what the spec says of new vectors of the same model.
    const said = (stored[name]?.model === model ? stored[name]?.said : undefined) ?? spec.models[model];
    // That a map made a vector is no claim about its model: forgotten, true vectors could be put among the mapped ones.
    return dimensions === undefined
      ? []
      : [[name, { model, dimensions, text, ...(said && { said }), ...(projected && { projected }) }] as const];
  });
  return { ...stored, ...Object.fromEntries(declared) };
}

/**
 * Where the spec and the source's own metadata name different models for one vector, what to say of it. The spec's word goes, and may be another
 * name of the same model: only where vectors prove it is that so.
 */
export function contradiction(spec: Spec, source: CollectionInfo, vector: string): string | null {
  const [declared, stored] = [spec.source.vectors[vector]?.model, readOrigins(source.metadata)[vector]?.model];
  if (declared === undefined || stored === undefined || declared === stored) return null;
  return `source.vectors.${JSON.stringify(vector)} names ${declared}, and the metadata of "${source.name}" says that ${stored} made this vector: mend source.vectors, or leave it out`;
}
