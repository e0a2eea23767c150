import type { Bm25Options, Bm25Recipe, Issue, Resolved, Spec, VectorSpec } from '@reembed/contracts';
import { isAtLeast } from '../domain/collection-info.ts';
import type { PointText } from '../domain/point.ts';
import { listed } from '../domain/words.ts';
import type { ModelCatalogue } from '../ports/embedder.ts';
import type { PlanScene } from './plan-scene.ts';
import { textOf } from './render-text.ts';
import { madeForFree, pathOf, type RecipeContext, type TargetVector, usingClause } from './target-vector.ts';
import { checkPresence, reuseSameText, templateBlockers, wantedTexts } from './text-recipe.ts';

/** The name by which the server knows BM25. */
export const bm25Model = 'qdrant/bm25';

/** A sparse vector of the rendered text, encoded here or by the server. A point without a text has none. */
export function bm25Recipe(name: string, recipe: Bm25Recipe, { settings, distance }: Omit<VectorSpec, 'bm25'>): TargetVector {
  const path = pathOf({ name, recipe: 'bm25' });
  return {
    name,
    recipe: 'bm25',
    reads: [],
    paid: false,
    async make(context, points) {
      const { wanted } = wantedTexts(name, { text: recipe.text, onMissingText: 'keep-without-vector' }, points);
      const vectorOf = vectorWriter(context, recipe, bm25Options(name, recipe, context.resolved));
      return madeForFree(new Map(wanted.map(({ point, text }): [PointText, string] => [point, vectorOf(text)])));
    },
    reuse: (pair, payloads) => reuseSameText(name, recipe.text, pair, payloads),
    check: async (_, pairs) =>
      pairs.map((pair) => {
        const kind = checkPresence(name, recipe.text, pair);
        // Nothing but stop words: a vector without a token, here as on the server.
        return kind === 'vector-zero' ? null : kind;
      }),
    schema: () => ({ kind: 'sparse', params: { modifier: 'idf', ...settings } }),
    origin({ resolved }) {
      const options = bm25Options(name, recipe, resolved);
      const made = { model: bm25Model, dimensions: 0, text: recipe.text, bm25: options };
      return recipe.encoder === 'server' ? { ...made, via: 'qdrant', options: documentOptions(recipe, options) } : made;
    },
    blockers: (scene) => [
      ...(name === '' ? [{ field: path, value: name, message: 'a sparse vector needs a name of its own' }] : []),
      ...(distance === undefined
        ? []
        : [
            {
              field: `vectors.${JSON.stringify(name)}.distance`,
              value: distance,
              message: 'a sparse vector has no distance: leave it out',
            },
          ]),
      ...languageBlockers(path, recipe, scene),
      ...templateBlockers(path, recipe.text, scene),
    ],
    warnings: (scene) => warnings(name, recipe, scene),
    queryChange: ({ where, spec }) =>
      `Search the words of "${where}" by ${JSON.stringify({ query: { text: 'the query', model: bm25Model, options: queryOptions(recipe) } })} ${usingClause(name)}: ` +
      `with the same options as the documents.${isAlone(spec) ? '' : ' Fuse it with the dense search by prefetch and {"fusion": "rrf"}.'}`,
  };
}

function isAlone({ target, vectors }: Spec): boolean {
  return !target.inPlace && Object.values(vectors).every(({ bm25 }) => bm25 !== undefined);
}

/** What the encoder is told: the recipe with its average length as measured when the migration was taken on. */
export function bm25Options(name: string, recipe: Bm25Recipe, { avgLen }: Pick<Resolved, 'avgLen'>): Bm25Options {
  const { language, stemmer, stopWords, k, b } = recipe;
  const measured = recipe.avgLen === 'measured' ? avgLen[name] : recipe.avgLen;
  if (measured === undefined) throw new Error(`the average length for vector "${name}" was not measured`);
  return { language, stemmer, stopWords, k, b, avgLen: measured };
}

function vectorWriter({ bm25, encodeVector }: RecipeContext, recipe: Bm25Recipe, options: Bm25Options): (text: string) => string {
  if (recipe.encoder === 'server') {
    const sent = JSON.stringify(documentOptions(recipe, options));
    return (text) => `{"text":${JSON.stringify(text)},"model":"${bm25Model}","options":${sent}}`;
  }
  const encoder = bm25.encoder(options);
  return (text) => {
    const { indices, values } = encoder.document(text);
    return `{"indices":[${indices.join(',')}],"values":${encodeVector(values)}}`;
  };
}

function documentOptions(recipe: Bm25Recipe, { k, b, avgLen }: Bm25Options) {
  return { ...queryOptions(recipe), k, b, avg_len: avgLen };
}

/** The options that decide which tokens a text has, in the server's words: documents and queries want the same. */
export function queryOptions({ language, stemmer, stopWords }: Pick<Bm25Recipe, 'language' | 'stemmer' | 'stopWords'>) {
  return {
    language,
    ...(stemmer ? {} : { stemmer: { type: 'none' } }),
    ...(stopWords === null ? {} : { stopwords: { languages: [], custom: stopWords } }),
  };
}

function languageBlockers(
  path: string,
  { language, encoder, stemmer }: Bm25Recipe,
  { catalogue, around, inferenceRefusals: { [bm25Model]: refusal } }: PlanScene,
): Issue[] {
  const known = catalogue.bm25.describe(language);
  if (known === null)
    return [
      {
        field: `${path}.language`,
        value: language,
        message: `is not a language that BM25 knows; it knows: ${listed(catalogue.bm25.languages)}`,
      },
    ];
  if (encoder === 'local' && stemmer && known.stemmer === 'server')
    return [
      { field: `${path}.language`, value: language, message: 'has its stemmer only on the server: set encoder: server, or stemmer: false' },
    ];
  if (encoder === 'server' && refusal !== undefined)
    return [
      {
        field: `${path}.encoder`,
        value: encoder,
        message: `this server makes no vectors with ${bm25Model}: set encoder: local, which makes the same ones in the workers (${refusal})`,
      },
    ];
  if (encoder === 'server' && !stemmer && !isAtLeast(around.serverVersion, 19))
    return [
      {
        field: `${path}.stemmer`,
        value: stemmer,
        message: `Qdrant ${around.serverVersion} cannot leave stemming out (1.19 can): set encoder: local`,
      },
    ];
  return [];
}

/** The share of sampled texts in another language from which it is worth a word. */
const mixedShare = 0.1;

function warnings(name: string, recipe: Bm25Recipe, scene: PlanScene): string[] {
  const { serverVersion } = scene.around;
  return [
    `Test ${JSON.stringify(name)} alone before it is fused with a dense vector: a half that finds nothing hides behind the other.`,
    ...languageWarnings(name, recipe, scene),
    ...(isAtLeast(serverVersion, 20)
      ? [
          `Qdrant ${serverVersion} scores a text index by BM25 itself: a payload index {"type": "text", "scoring": true} on the field needs no vector ${JSON.stringify(name)} and no migration.`,
        ]
      : []),
  ];
}

/** Where the language that the recipe names does not fit the sampled texts, or little is known of it. */
export function languageWarnings(
  name: string,
  { text: template, language, stemmer, stopWords }: Bm25Recipe,
  {
    sample,
    catalogue: { bm25 },
  }: { readonly sample: readonly Pick<PointText, 'payload' | 'elsewhere'>[]; readonly catalogue: Pick<ModelCatalogue, 'bm25'> },
): string[] {
  const known = bm25.describe(language);
  const label = JSON.stringify(name);
  const guessed = sample.map((point) => {
    const text = textOf(template, point);
    return text === null ? null : bm25.guessLanguage(text);
  });
  const others = guessed.filter((guess) => guess !== null && guess !== language);
  return [
    ...(others.length > sample.length * mixedShare
      ? [
          `${others.length} of ${sample.length} sampled texts for ${label} do not look ${language} (${listed([...new Set(others)] as string[])}, by their stop words): one language's stemmer and stop words do not fit all of them.`,
        ]
      : []),
    ...(known !== null && !known.stopWords && stopWords === null
      ? [
          `There is no list of stop words for ${language}: frequent words weigh in ${label} what their IDF leaves them; give stopWords if you have a list.`,
        ]
      : []),
    ...(known !== null && known.stemmer === 'none' && stemmer
      ? [`There is no stemmer for ${language}: ${label} finds words only as they are written.`]
      : []),
  ];
}

/** The average length of the sampled texts, in tokens that are kept; stemming changes none of their number. */
export function measureAvgLen({ spec, sample, catalogue }: PlanScene): Resolved['avgLen'] {
  const measured = Object.entries(spec.vectors).flatMap(([name, { bm25: recipe }]) => {
    if (recipe === undefined || recipe.avgLen !== 'measured') return [];
    const encoder = catalogue.bm25.encoder({ ...recipe, stemmer: false, avgLen: unmeasuredLength });
    const lengths = sample.flatMap((point) => {
      const text = textOf(recipe.text, point);
      return text === null ? [] : [encoder.countTokens(text)];
    });
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    return [[name, mean > 0 ? Math.round(mean * 100) / 100 : unmeasuredLength] as const];
  });
  return Object.fromEntries(measured);
}

/** What the server takes where nothing is said, for a source without texts. */
const unmeasuredLength = 256;
