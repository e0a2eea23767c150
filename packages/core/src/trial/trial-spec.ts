import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Issue, type SearchProfile, type Spec, type TrialBody, trialBodySchema, type VectorSpec } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { inWords, toIssues } from '../domain/parse-spec.ts';
import { isInPlace } from '../domain/recipes-of.ts';
import { newProfile } from '../gates/query-encoders.ts';
import { searchedVectors } from '../ports/searches.ts';

/** Validates what is to be tried. Throws `invalid-spec` with every fault at once. */
export function parseTrial(input: unknown): TrialBody {
  const parsed = trialBodySchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.flatMap((issue) => toIssues(issue, input));
  throw new ReembedError('invalid-spec', inWords('the trial is not valid', issues), { issues });
}

/** One spec on trial, as the trial's collection is asked for it. */
export type Candidate = { readonly spec: Spec; readonly profile: SearchProfile; readonly vectors: readonly string[] };

/** What is tried: every candidate's vectors and the old ones side by side in one collection, each that several ask for once. */
export type TrialSpec = {
  readonly id: string;
  /** Of the collection that holds the sample; it never runs. */
  readonly spec: Spec;
  /** The old search, by the names that its vectors have there. */
  readonly old: SearchProfile;
  /** By the name of an old vector in the source, its name in the trial. */
  readonly oldNames: ReadonlyMap<string, string>;
  readonly candidates: readonly Candidate[];
};

/**
 * The specs as one. The trial's id is a hash of what is tried, so that the same trial again goes on with what it has. Throws `invalid-spec` with
 * field and way out where the specs do not go together, or one cannot be tried.
 */
export function trialSpec({ specs, points }: TrialBody): TrialSpec {
  const [first] = specs;
  if (first === undefined) throw new Error('a trial has a spec');
  const issues = faultsOf(specs);
  if (issues.length > 0) throw new ReembedError('invalid-spec', inWords('the specs cannot be tried', issues), { issues });
  const oldNames = new Map(searchedVectors(first.search.old).map((name, at) => [name, `old-${at + 1}`]));
  const vectors: [string, VectorSpec][] = [...oldNames].map(([from, name]) => [name, { keep: from, settings: {} }]);
  const candidates = specs.map((spec) => {
    const names = new Map(Object.entries(spec.vectors).map(([name, vector]) => [name, nameOf(vectors, vector)]));
    const profile = profileOf(spec);
    return { spec, profile: renamed(profile, names), vectors: searchedVectors(profile).map((name) => names.get(name) ?? name) };
  });
  const id = idOf(first, vectors, points);
  // How the new vectors will be asked, each candidate says by names that the trial has not.
  const { new: _asked, ...search } = first.search;
  const tried: Spec = {
    ...first,
    name: `trial of ${first.source.collection}`.slice(0, 128),
    target: { ...first.target, collection: `${first.source.collection}.${id}`, alias: null, payload: unmapped, settings: single },
    vectors: Object.fromEntries(vectors),
    search,
    gates: { ...first.gates, queries: [], qrels: [], knownItems: null },
  };
  return { id, spec: tried, old: renamed(first.search.old, oldNames), oldNames, candidates };
}

const unmapped = { include: [], exclude: [], rename: {} };
/** A sample wants none of what spreads a large collection over a cluster. */
const single = { shard_number: 1, replication_factor: 1, write_consistency_factor: 1 };

/** What all candidates share; `gates` too: one set of queries judges them all. */
const common = ['source', 'search.old', 'models', 'gates', 'sync.hashField'] as const;

function faultsOf(specs: readonly Spec[]): Issue[] {
  const [first, ...others] = specs;
  if (first === undefined) return [];
  const names = specs.map(({ name }) => name);
  return [
    ...specs.flatMap((spec, at) =>
      isInPlace(spec)
        ? [
            {
              field: `specs.${at}.target.inPlace`,
              value: true,
              message: 'a trial is of a collection of its own: leave it out and try again',
            },
          ]
        : [],
    ),
    ...specs.flatMap((spec, at) =>
      newProfile(spec) === null
        ? [
            {
              field: `specs.${at}.search.new`,
              value: undefined,
              message: 'the target has several vectors: say which one applications will search',
            },
          ]
        : [],
    ),
    ...specs.flatMap((spec, at) =>
      isFiltered(newProfile(spec)) && !isDeepStrictEqual(spec.target.payload, unmapped)
        ? [
            {
              field: `specs.${at}.target.payload`,
              value: spec.name,
              message:
                'a trial keeps payloads as the source has them, and the filter of search.new asks for those of the target: leave the mapping out, and filter by the names of the source',
            },
          ]
        : [],
    ),
    ...names.flatMap((name, at) =>
      names.indexOf(name) < at
        ? [{ field: `specs.${at}.name`, value: name, message: 'is there twice: each candidate wants a name of its own' }]
        : [],
    ),
    ...others.flatMap((spec, at) =>
      common.flatMap((field) =>
        isDeepStrictEqual(fieldAt(spec, field), fieldAt(first, field))
          ? []
          : [
              {
                field: `specs.${at + 1}.${field}`,
                value: spec.name,
                message: `is not that of "${first.name}": candidates share it, or nothing could be compared`,
              },
            ],
      ),
    ),
  ];
}

function isFiltered(profile: SearchProfile | null): boolean {
  return profile !== null && [profile, ...profile.prefetch].some(({ filter }) => filter !== null);
}

function fieldAt(spec: Spec, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => Reflect.get(Object(value), key), spec);
}

/** The name of a vector of this recipe in the trial; a new one where none has it. Settings change how a vector is kept, not what it is. */
function nameOf(vectors: [string, VectorSpec][], vector: VectorSpec): string {
  const { settings: _settings, ...recipe } = vector;
  const bare = { ...recipe, settings: {} };
  const there = vectors.find(([, other]) => isDeepStrictEqual(other, bare));
  if (there !== undefined) return there[0];
  const name = `new-${vectors.length + 1}`;
  vectors.push([name, bare]);
  return name;
}

function profileOf(spec: Spec): SearchProfile {
  const profile = newProfile(spec);
  if (profile === null) throw new Error('specs without a search were refused');
  return profile;
}

function renamed(profile: SearchProfile, names: ReadonlyMap<string, string>): SearchProfile {
  const of = (name: string) => names.get(name) ?? name;
  return { ...profile, using: of(profile.using), prefetch: profile.prefetch.map((list) => ({ ...list, using: of(list.using) })) };
}

/** Other queries have other neighbours: they want a sample of their own. */
function idOf({ source, models, search, sync, gates }: Spec, vectors: readonly [string, VectorSpec][], points: number): string {
  const tried = JSON.stringify([source, models, search.old, sync.hashField, gates, vectors, points]);
  return `trial-${createHash('sha256').update(tried).digest('hex').slice(0, 12)}`;
}
