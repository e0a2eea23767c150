import type { FindingKind, Issue, RecipeName, Resolved, Spec, VectorOrigin, Witness } from '@reembed/contracts';
import type { CollectionInfo } from '../domain/collection-info.ts';
import type { PointPair, PointText, WrittenVector } from '../domain/point.ts';
import type { SetAsideEntry } from '../domain/set-aside.ts';
import type { Bm25, ModelCatalogue } from '../ports/embedder.ts';
import type { Projection } from '../ports/learned-maps.ts';
import type { EmbedContext } from './embed-texts.ts';
import type { PlanScene } from './plan-scene.ts';
import type { TextContext } from './point-texts.ts';
import type { TargetPayloads } from './target-payload.ts';

/** What recipes work with; whatever is not a rule comes in here. */
export type RecipeContext = {
  readonly spec: Spec;
  readonly resolved: Pick<Resolved, 'storedAs' | 'avgLen'>;
  /** By target vector name, for every vector whose texts workers embed. */
  readonly embedding: Readonly<Record<string, EmbedContext>>;
  readonly bm25: Bm25;
  /** Absent where the texts are in the payloads. */
  readonly texts?: TextContext | undefined;
  /** f32 values as the JSON array Qdrant reads, exact: what a stored vector is compared with. */
  readonly encodeVector: (vector: Float32Array) => string;
  /** By target vector name, for every vector that a learned map makes. */
  readonly projections?: Readonly<Record<string, Projection>>;
};

/** The vectors of one name for a page of points. A point in neither map simply has none. */
export type MadeVectors = {
  readonly vectors: ReadonlyMap<PointText, WrittenVector>;
  /** Points that cannot be written at all. */
  readonly setAside: ReadonlyMap<PointText, SetAsideEntry>;
  /** Texts sent and tokens paid. */
  readonly texts: number;
  readonly tokens: number;
};

/** Parameters of a vector as `PUT /collections/{c}` takes them. */
export type VectorSchema =
  | { readonly kind: 'dense'; readonly params: Readonly<Record<string, unknown>> }
  | { readonly kind: 'sparse'; readonly params: Readonly<Record<string, unknown>> };

/**
 * One vector of the target, bound to its recipe: where it comes from, what it is stored as, and how a stored one is told from the right
 * one. There is one file a kind of recipe; nothing else asks which kind a vector is of.
 */
export type TargetVector = {
  /** Its name in the target; `""` is the unnamed one. */
  readonly name: string;
  readonly recipe: RecipeName;
  /** Names of the source vectors it is made from. */
  readonly reads: readonly string[];
  /** Whether a model is paid for it: such vectors are made last, when what is wrong with a point for free is known. */
  readonly paid: boolean;
  make(context: RecipeContext, points: readonly PointText[]): Promise<MadeVectors>;
  /** The stored vector where it is known to be what `make` would give; null: make it. */
  reuse(pair: PointPair, payloads: Pick<TargetPayloads, 'sameText'>): string | null;
  /** What is wrong with the stored vector of each pair, in order; null: nothing. */
  check(context: RecipeContext, pairs: readonly PointPair[]): Promise<readonly (FindingKind | null)[]>;
  /** Null where the source has not what it is made from. `witness`, `adapters`: by target vector name. */
  schema(source: CollectionInfo, witness: Readonly<Record<string, Witness>>, adapters: Resolved['adapters']): VectorSchema | null;
  /** What made it, as far as known; `known`: what made the source's vectors. */
  origin(facts: OriginFacts): VectorOrigin | null;
  blockers(scene: PlanScene): Issue[];
  /** What a person should know before it is made. */
  warnings(scene: PlanScene): string[];
  /** What an application has to do to search by it; null: nothing new. */
  queryChange(facts: {
    readonly spec: Spec;
    readonly catalogue: ModelCatalogue;
    readonly adapters: Resolved['adapters'];
    readonly where: string;
  }): string | null;
};

export type OriginFacts = {
  readonly known: Readonly<Record<string, VectorOrigin>>;
  readonly witness: Readonly<Record<string, Witness>>;
  readonly resolved: Pick<Resolved, 'avgLen' | 'adapters'>;
  /** What the spec says of models. */
  readonly said: Spec['models'];
};

/** A page for which nothing was sent or paid. */
export function madeForFree(vectors: MadeVectors['vectors'], setAside: MadeVectors['setAside'] = new Map()): MadeVectors {
  return { vectors, setAside, texts: 0, tokens: 0 };
}

/** The path of a recipe in the spec, for messages: `vectors."small".truncate`. */
export function pathOf({ name, recipe }: Pick<TargetVector, 'name' | 'recipe'>): string {
  return `vectors.${JSON.stringify(name)}.${recipe}`;
}

/** `"" (unnamed)` or `"small"`, for messages. */
export function label(name: string): string {
  return name === '' ? '"" (unnamed)' : `"${name}"`;
}

/** How a query names a vector, for messages. */
export function usingClause(name: string): string {
  return name === '' ? 'without `using`' : `with \`using: "${name}"\``;
}
