import { z } from 'zod';
import { fileNameSchema } from './adapter-file.ts';
import { mostPaths, mostVectors, shortName, tooManyFields } from './spec-limits.ts';
import { templateSchema } from './template.ts';

/** Free-form configuration that Qdrant itself judges: passed on as it came. */
export const qdrantSettings = z.record(z.string(), z.unknown());

const dimensions = z.int().positive().max(65_536);

const modelName = shortName.regex(/^[^/\s]+\/.+$/, 'wants provider/name, such as openai/text-embedding-3-small');

/** Everybody who asks for the target is sent it. */
const prefix = z.string().max(512);

/** What a spec says of a model, where the configuration does not or is to be overruled: by which every vector of it would be another. */
export const saidOfModelSchema = z.strictObject({
  documentPrefix: prefix.optional().meta({ description: 'What the model wants before a document.' }),
  queryPrefix: prefix.optional().meta({ description: 'What the model wants before a query.' }),
  limits: z
    .strictObject({ maxInputTokens: z.int().positive().nullable().optional().meta({ description: 'Tokens in a text; null: no limit.' }) })
    .optional()
    .meta({ description: 'How much it reads.' }),
});
export type SaidOfModel = z.infer<typeof saidOfModelSchema>;

/** By the names that specs use. */
export const saidOfModelsSchema = z
  .record(modelName, saidOfModelSchema)
  .refine((said) => tooManyFields(said, mostVectors) === null, { error: ({ input }) => tooManyFields(Object(input), mostVectors) ?? '' });

const embedRecipe = z.strictObject({
  model: modelName.meta({ description: 'The model, as `provider/name`: a built-in one, or one of reembed.config.yaml.' }),
  via: z
    .enum(['worker', 'qdrant'])
    .default('worker')
    .meta({ description: "Who embeds: the fleet's workers, or Qdrant with its own inference." }),
  dimensions: dimensions
    .optional()
    .meta({ description: "How many dimensions are asked of the model; default: the model's own. `via: qdrant` has to say them." }),
  text: templateSchema.meta({ description: 'The text that is embedded: a template over the payload.' }),
  onMissingText: z
    .enum(['quarantine', 'keep-without-vector', 'fail'])
    .default('quarantine')
    .meta({ description: 'A point without a text: it is set aside, copied without this vector, or stops the migration.' }),
  onLongText: z
    .enum(['quarantine', 'truncate', 'split-mean'])
    .default('quarantine')
    .meta({ description: 'A text longer than the model reads: its point is set aside, it is cut, or the mean of its pieces is taken.' }),
  options: qdrantSettings
    .default({})
    .meta({ description: 'Of `via: qdrant` alone: parameters of the model, passed on with every document.' }),
  batch: z.boolean().optional().meta({ description: "The copy sends its texts by the provider's batch road: for less, and within a day." }),
});
export type EmbedRecipe = z.infer<typeof embedRecipe>;

const bm25Recipe = z.strictObject({
  text: templateSchema.meta({ description: 'The text that is encoded: a template over the payload.' }),
  language: shortName.default('english').meta({ description: 'The language of the texts, by its full English name.' }),
  encoder: z
    .enum(['server', 'local'])
    .default('local')
    .meta({ description: 'Who encodes: Qdrant as `qdrant/bm25`, or the workers, into the same token ids and weights.' }),
  avgLen: z
    .union([z.literal('measured'), z.number().positive()])
    .default('measured')
    .meta({ description: 'Mean length of a text in tokens that are kept; `measured` takes it from a sample of the source.' }),
  k: z.number().positive().default(1.2).meta({ description: 'How soon the weight of a repeated word levels off.' }),
  b: z.number().min(0).max(1).default(0.75).meta({ description: "How much a text's length counts: 0 not at all." }),
  stemmer: z.boolean().default(true).meta({ description: 'Whether words are cut to their stems.' }),
  stopWords: z
    .array(shortName)
    .max(mostPaths)
    .nullable()
    .default(null)
    .meta({ description: "Words that are left out, instead of the language's own; null: the language's." }),
});
export type Bm25Recipe = z.infer<typeof bm25Recipe>;

/** What decides the tokens and weights of a text; `avgLen` in tokens that are kept. */
export const bm25OptionsSchema = bm25Recipe
  .pick({ language: true, stemmer: true, stopWords: true, k: true, b: true })
  .extend({ avgLen: z.number().positive() });
export type Bm25Options = z.infer<typeof bm25OptionsSchema>;

const truncateRecipe = z.strictObject({
  vector: shortName.meta({ description: 'The vector of the source that is cut; `""` is the unnamed one.' }),
  dimensions: dimensions.meta({ description: 'How many of its first dimensions are kept, and brought to length 1.' }),
  force: z.boolean().default(false).meta({ description: 'Whether to cut also where the model is not known to be a Matryoshka one.' }),
});
export type TruncateRecipe = z.infer<typeof truncateRecipe>;

const projectRecipe = z.strictObject({
  vector: shortName.meta({ description: 'The vector of the source that is mapped; `""` is the unnamed one.' }),
  adapter: fileNameSchema.meta({ description: 'The file of the learned map, by its name alone, in the directory of REEMBED_FILES.' }),
  queries: z.enum(['new', 'old']).default('new').meta({
    description: "Which model applications embed queries with: the map's new one, as they are, or the old one, through the same map.",
  }),
});
export type ProjectRecipe = z.infer<typeof projectRecipe>;

/** Of a model whose vectors are no single dense one: a server makes them, asked by Qdrant or by workers. */
const serverRecipe = {
  model: shortName.min(1).meta({
    description: "The model, by the name that Qdrant's inference knows it by; `via: worker`: by that of its entry in reembed.config.yaml.",
  }),
  via: z.enum(['qdrant', 'worker']).default('qdrant').meta({
    description: 'Who asks the server that makes them: Qdrant by its inference, or the workers, by an entry in reembed.config.yaml.',
  }),
  text: templateSchema.meta({ description: 'The text that is encoded: a template over the payload.' }),
  onMissingText: z
    .enum(['quarantine', 'keep-without-vector', 'fail'])
    .default('keep-without-vector')
    .meta({ description: 'A point without a text: it is copied without this vector, set aside, or stops the migration.' }),
  options: qdrantSettings
    .default({})
    .meta({ description: 'Of `via: qdrant` alone: parameters of the model, passed on with every document and query.' }),
};

const sparseRecipe = z.strictObject(serverRecipe);
export type SparseRecipe = z.infer<typeof sparseRecipe>;

const multivectorRecipe = z.strictObject({
  ...serverRecipe,
  dimensions: dimensions.meta({ description: 'How many dimensions each row has, such as 128 of ColBERT.' }),
});
export type MultivectorRecipe = z.infer<typeof multivectorRecipe>;

/** One vector of the target: exactly one recipe, and what Qdrant should do with the result. */
export const vectorSpecSchema = z
  .strictObject({
    embed: embedRecipe.optional().meta({ description: "A model's embedding of a text." }),
    keep: shortName.optional().meta({ description: 'A vector of the source, copied; `""` is the unnamed one.' }),
    bm25: bm25Recipe.optional().meta({ description: 'A sparse vector of the words of a text.' }),
    truncate: truncateRecipe.optional().meta({ description: 'A vector of the source, cut: no model is called.' }),
    project: projectRecipe.optional().meta({ description: 'A vector of the source through a learned map: no model is called.' }),
    sparse: sparseRecipe.optional().meta({
      description:
        'Learned sparse vectors (SPLADE and its like), made by a server that Qdrant or the workers ask; their index goes on disk.',
    }),
    multivector: multivectorRecipe.optional().meta({
      description: 'Late interaction (ColBERT and its like): a row for every token, made likewise; on disk, without a graph, to rank anew.',
    }),
    distance: z
      .enum(['Cosine', 'Dot', 'Euclid', 'Manhattan'])
      .optional()
      .meta({ description: 'How vectors are compared; default: Cosine, and for a cut vector as before. A kept vector keeps its own.' }),
    settings: qdrantSettings.default({}).meta({ description: "Qdrant's parameters of the vector, such as `on_disk`." }),
  })
  .refine((v) => namedRecipes(v).length === 1, {
    error: 'wants exactly one recipe: embed, keep, bm25, truncate, project, sparse or multivector',
  })
  .refine((v) => v.keep === undefined || v.distance === undefined, {
    path: ['distance'],
    error: 'a kept vector keeps its distance: leave it out',
  });
export type VectorSpec = z.infer<typeof vectorSpecSchema>;

export const recipeNames = ['embed', 'keep', 'bm25', 'truncate', 'project', 'sparse', 'multivector'] as const;
export type RecipeName = (typeof recipeNames)[number];

/** The recipes a vector names; a valid one names one. */
export function namedRecipes(vector: Partial<Record<RecipeName, unknown>>): RecipeName[] {
  return recipeNames.filter((name) => vector[name] !== undefined);
}
