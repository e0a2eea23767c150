import { type AdapterHeader, type Issue, type ProjectRecipe, readOrigins, type VectorSpec } from '@reembed/contracts';
import { expectedInWords, harmfulInWords, isHarmful, overlapOf } from '../domain/map-worth.ts';
import type { PointText } from '../domain/point.ts';
import { type SetAsideEntry, setAsideEntry } from '../domain/set-aside.ts';
import { listed } from '../domain/words.ts';
import { embeddedInstead, estimateEmbeds } from './estimate-embeds.ts';
import { type PlanScene, sourceOrigins } from './plan-scene.ts';
import { cutVector, isMultivector, isStoredForm } from './stored-vector.ts';
import { label, madeForFree, pathOf, type RecipeContext, type TargetVector, usingClause } from './target-vector.ts';

/** A source vector through a learned map, a page at a time. A point that lacks the source vector lacks this one too. */
export function projectRecipe(name: string, recipe: ProjectRecipe, vector: Omit<VectorSpec, 'project'>): TargetVector {
  const { vector: from, adapter, queries } = recipe;
  const path = pathOf({ name, recipe: 'project' });
  const distance = vector.distance ?? 'Cosine';
  return {
    name,
    recipe: 'project',
    reads: [from],
    paid: false,
    async make(context, points) {
      const wanted = points.flatMap((point) => (point.vectors[from] === undefined ? [] : [{ point, text: point.vectors[from] }]));
      const mapped = mapAll(context, wanted);
      const vectors = new Map<PointText, Float32Array>();
      const setAside = new Map<PointText, SetAsideEntry>();
      for (const [at, { point }] of wanted.entries()) {
        const row = mapped[at] ?? null;
        if (row !== null) vectors.set(point, row);
        else setAside.set(point, setAsideEntry(point, name, 'vector-zero', noDirection(point, from, adapter)));
      }
      return madeForFree(vectors, setAside);
    },
    reuse: () => null,
    async check(context, pairs) {
      const having = pairs.flatMap((pair) => {
        const text = pair.source.vectors[from];
        return text === undefined ? [] : [{ pair, text }];
      });
      const mapped = mapAll(context, having);
      const expected = new Map(having.map(({ pair }, at) => [pair, mapped[at] ?? null]));
      return pairs.map((pair) => {
        const stored = pair.target.vectors[name];
        const wanted = expected.get(pair);
        if (wanted === undefined) return stored === undefined ? null : 'vector-differs';
        if (stored === undefined) return 'vector-missing';
        if (wanted === null) return 'vector-differs';
        return isStoredForm(context.encodeVector(wanted), stored, context.resolved.storedAs[name]) ? null : 'vector-differs';
      });
    },
    schema(source, _witness, adapters) {
      const size = adapters[name]?.to.dimensions;
      if (source.vectors[from] === undefined || size === undefined) return null;
      return { kind: 'dense', params: { size, distance, ...vector.settings } };
    },
    origin({ resolved, known, said }) {
      const pinned = resolved.adapters[name];
      if (pinned === undefined) return null;
      const { sha256, to } = pinned;
      const source = { from: known[from]?.model ?? pinned.from.model, fromDimensions: pinned.from.dimensions };
      const ofQueries = queries === 'old' ? (known[from]?.said ?? said[source.from ?? '']) : said[to.model];
      return { ...to, ...(ofQueries && { said: ofQueries }), projected: { ...source, adapter, sha256, queries } };
    },
    blockers: (scene) => [
      ...sourceBlockers(path, recipe, vector, scene),
      ...adapterBlockers(path, name, recipe, scene),
      ...mixedBlockers(path, name, scene),
    ],
    warnings(scene) {
      const header = scene.adapters[name];
      return header === undefined || header instanceof Error ? [] : projectWarnings(name, recipe, header, scene);
    },
    queryChange({ spec, adapters, where }) {
      const fresh = adapters[name]?.to.model ?? 'the new model';
      const old = spec.source.vectors[from]?.model ?? adapters[name]?.from.model ?? 'the old model';
      const search = `search "${where}" ${usingClause(name)}`;
      const through = `through the same map (\`reembed adapter export\` writes the code, which reads ${adapter})`;
      return queries === 'new'
        ? `Embed queries with ${fresh} and ${search} with them as they are: its documents are mapped into the space of that model. Only a query of ${old} goes ${through}.`
        : `Embed queries with ${old} as before, bring them ${through}, and ${search}: its documents went through it too. A query of ${fresh} wants no map.`;
    },
  };

  /** The mapped vectors in order; null where a vector has no direction left. Under Cosine each is brought to length 1 here, as the server would. */
  function mapAll(context: RecipeContext, items: readonly { readonly text: string }[]): (Float32Array | null)[] {
    if (items.length === 0) return [];
    const projection = context.projections?.[name];
    if (projection === undefined) throw new Error(`no adapter was prepared for vector "${name}"`);
    const rows = items.map(({ text }) => Float32Array.from(JSON.parse(text) as number[]));
    const mapped = projection(joined(rows));
    const size = mapped.length / rows.length;
    return rows.map((_, at) => {
      const row = mapped.subarray(at * size, (at + 1) * size);
      const written = distance === 'Cosine' ? cutVector(row, size) : row;
      return written === null || !written.every(Number.isFinite) ? null : written;
    });
  }
}

function joined(rows: readonly Float32Array[]): Float32Array {
  const size = rows[0]?.length ?? 0;
  const all = new Float32Array(rows.length * size);
  for (const [at, row] of rows.entries()) all.set(row, at * size);
  return all;
}

function noDirection(point: PointText, from: string, adapter: string): string {
  return `point ${point.id.id}: ${adapter} maps its vector ${JSON.stringify(from)} to zeros or to numbers that are not finite; mend the vector in the source`;
}

function sourceBlockers(
  path: string,
  { vector: from }: ProjectRecipe,
  { settings }: Pick<VectorSpec, 'settings'>,
  { around: { source } }: PlanScene,
): Issue[] {
  if (source === null) return [];
  const blocker = (message: string): Issue[] => [{ field: `${path}.vector`, value: from, message }];
  const params = source.vectors[from];
  if (params === undefined) return blocker(`the source has no such dense vector; it has: ${listed(Object.keys(source.vectors))}`);
  if (isMultivector(params)) return blocker('is a multivector, which no map is learnt for: embed it anew');
  if (settings.datatype === 'uint8')
    return blocker('would be kept as uint8, which holds no vector of length 1: leave settings.datatype out');
  return [];
}

function adapterBlockers(path: string, name: string, { vector: from, adapter }: ProjectRecipe, scene: PlanScene): Issue[] {
  const header = scene.adapters[name];
  const { source } = scene.around;
  const blocker = (message: string): Issue => ({ field: `${path}.adapter`, value: adapter, message });
  if (header === undefined || source === null) return [];
  if (header instanceof Error) return [blocker(header.message)];
  const size = source.vectors[from]?.size;
  const made = sourceOrigins(scene.spec, source)[from]?.model;
  return [
    ...(size === undefined || size === header.from.dimensions
      ? []
      : [blocker(`maps vectors of ${header.from.dimensions} dimensions, and ${label(from)} has ${size}: fit one to this vector`)]),
    ...(made === undefined || header.from.model === null || made === header.from.model
      ? []
      : [
          blocker(
            `maps vectors of ${header.from.model}, and ${label(from)} is said to be made by ${made}: fit one to this model, or mend source.vectors`,
          ),
        ]),
  ];
}

/** Where a vector is there already, only what is missing is made: mapped vectors among true ones, or among those of another map, spoil both. */
function mixedBlockers(path: string, name: string, { spec, adapters, around: { source } }: PlanScene): Issue[] {
  const header = adapters[name];
  if (!spec.target.inPlace || source?.vectors[name] === undefined || header === undefined || header instanceof Error) return [];
  if (readOrigins(source.metadata)[name]?.projected?.sha256 === header.sha256) return [];
  const message = `${label(name)} is there already and was not made by this map: mapped and other vectors never share a field, so give it another name`;
  return [{ field: path, value: name, message }];
}

/** The overlap@10 of mapped and true vectors, on pairs that were not fitted to, from which on a map does for the model: the control sample that a gate would have to embed anew. */
const minOverlapWithTrue = 0.75;

function projectWarnings(name: string, { vector: from, adapter }: ProjectRecipe, header: AdapterHeader, scene: PlanScene): string[] {
  const { kind, fit, source, to } = header;
  const overlapAt10 = overlapOf(header);
  const ndcgAt10 = fit.scores[kind]?.ndcgAt10 ?? null;
  const weak =
    overlapAt10 < minOverlapWithTrue ? `, where ${minOverlapWithTrue * 100} % are wanted of a map that stands in for the model` : '';
  const learntHere = source.collection === scene.around.source?.name && source.vector === from;
  const judged =
    ndcgAt10 === null || fit.trueNdcgAt10 === null
      ? ''
      : `; nDCG@10 was ${ndcgAt10.toFixed(3)}, with true vectors ${fit.trueNdcgAt10.toFixed(3)}`;
  return [
    `${label(name)} is mapped, not embedded: on ${fit.heldOut} pairs that were kept out of the fit, ${(overlapAt10 * 100).toFixed(0)} % of the ten nearest were those of true vectors${weak}${judged}. A map is a bridge: embed into a vector of another name when time allows.`,
    isHarmful(header) ? harmfulInWords(header) : expectedInWords(header, scene.points),
    `Applications that write points have to bring a vector for ${label(name)} the same way, from the old model through the map: a true vector among mapped ones wins every list.`,
    ...(learntHere
      ? []
      : [`${adapter} was learnt from "${source.collection}", vector ${label(source.vector)}: on other texts a map is worth little.`]),
    otherRoad(name, to, scene),
  ];
}

/** What embedding every point would take instead. */
function otherRoad(name: string, to: AdapterHeader['to'], scene: PlanScene): string {
  const { points } = scene;
  const whole = estimateEmbeds({ ...scene, spec: embeddedInstead(scene) }).find(({ vector }) => vector === name);
  const price = whole?.priceUsd;
  const cost = price === undefined || price === null ? 'at a price that is not known' : `$${price.toFixed(2)}`;
  return whole === undefined
    ? `What embedding all ${points} points with ${to.model} would cost is not known here.`
    : `The other road: mapping ${points} points calls no model; embedding them all with ${to.model} is about ${whole.totalTokens} tokens, ${cost}.`;
}
