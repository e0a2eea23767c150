import { z } from 'zod';
import { fileNameSchema } from './adapter-file.ts';
import { openAddress } from './address.ts';
import { gatesSpecSchema } from './gates-spec.ts';
import { payloadMappingSchema } from './payload-mapping.ts';
import { parsePayloadPath, payloadPathSchema, topKey } from './payload-path.ts';
import { bridgeSpecSchema, filterSchema, searchProfileSchema } from './search-profile.ts';
import { mostVectors, shortName, tooManyFields } from './spec-limits.ts';
import { templateSchema } from './template.ts';
import { throttleSpecSchema } from './throttle-spec.ts';
import { qdrantSettings, saidOfModelsSchema, vectorSpecSchema } from './vector-spec.ts';

const collectionName = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^<>:"/\\|?*\0]+$/, 'has a character that Qdrant does not allow in names');

const ofVectors = [
  (vectors: object) => tooManyFields(vectors, mostVectors) === null,
  { error: ({ input }: { readonly input?: unknown }) => tooManyFields(Object(input), mostVectors) ?? '' },
] as const;

const sourceVector = z.strictObject({
  model: shortName.meta({ description: 'The model that made the vector.' }),
  text: templateSchema.meta({ description: 'The template of the texts it was made from.' }),
});

const textFrom = z
  .strictObject({
    url: openAddress('the spec is kept and shown; name the key under textSources in reembed.config.yaml')
      .nullable()
      .default(null)
      .meta({ description: 'A service that is posted the ids of a page and answers with their texts.' }),
    file: fileNameSchema
      .nullable()
      .default(null)
      .meta({ description: 'A JSONL file, by its name alone, in the directory of REEMBED_FILES of every process.' }),
  })
  .refine(({ url, file }) => url === null || file === null, 'wants a url or a file, not both');

const source = z.strictObject({
  collection: collectionName.meta({ description: 'The collection, or an alias of it, which is resolved once, when the spec is taken on.' }),
  vectors: z
    .record(shortName, sourceVector)
    .refine(...ofVectors)
    .default({})
    .meta({ description: 'What made the old vectors, by name; `""` is the unnamed one. Default: what the source\'s own metadata says.' }),
  filter: filterSchema
    .nullable()
    .prefault(null)
    .meta({ description: 'A Qdrant filter, as an object or as JSON text: only matching points migrate. Null: all do.' }),
  textFrom: textFrom.prefault({}).meta({ description: 'Where the texts are that the payload has not.' }),
});

const target = z.strictObject({
  collection: collectionName.meta({
    description: 'The collection that the migration makes: it must not exist. In place: that of the source.',
  }),
  inPlace: z.boolean().default(false).meta({ description: 'Whether the vectors are added to the source itself; Qdrant 1.18 or later.' }),
  alias: collectionName
    .nullable()
    .default(null)
    .meta({ description: 'The alias that readers use and that is moved; null: nothing is switched.' }),
  payload: payloadMappingSchema.prefault({}).meta({ description: 'What becomes of the payloads; default: they stay whole.' }),
  settings: qdrantSettings
    .default({})
    .meta({ description: "Qdrant's parameters of the collection that differ from the source's, such as `hnsw_config`." }),
});

const hotFirst = z.strictObject({
  file: fileNameSchema.nullable().default(null).meta({
    description:
      'A JSONL file of queries, or of points retrieved, in the directory of REEMBED_FILES of the coordinator; null: in order of ids.',
  }),
  points: z.int().min(1).max(100_000).default(10_000).meta({ description: 'How many points go before the others, at most.' }),
});

const copy = z.strictObject({
  rangePoints: z.int().min(1).max(1_000_000).default(2_000).meta({ description: 'Points of one range, which is one job.' }),
  pagePoints: z.int().min(1).max(1_000).default(256).meta({ description: 'Points of one scroll and one upsert.' }),
  streams: z.int().min(1).max(64).default(4).meta({ description: 'Ranges of this migration that one worker process works on at once.' }),
  transport: z.enum(['auto', 'rest', 'grpc']).default('auto').meta({
    description:
      'How pages travel: over gRPC, which is the faster way and keeps no order of payload keys; over REST; auto: over gRPC where the server answers it, and what would not arrive as it is over REST.',
  }),
  hotFirst: hotFirst.prefault({}).meta({ description: 'In place: the points that people retrieve most are filled before all others.' }),
});

const sync = z.strictObject({
  changedField: payloadPathSchema
    .refine(
      (text) => parsePayloadPath(text)?.some((step) => typeof step !== 'string') !== true,
      'is in a list: name a field that a point has once',
    )
    .nullable()
    .default(null)
    .meta({
      description:
        'A payload field that every write sets, to a number that grows or an RFC 3339 datetime: passes before the last read only what changed.',
    }),
  maxDeleteShare: z
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .meta({ description: 'The share of the target that sync deletes by itself since the last approval; ten points it always may.' }),
  maxPasses: z.int().positive().default(10).meta({ description: 'Rounds of sync that may find differences before a person is asked.' }),
  hashField: payloadPathSchema
    .refine((text) => topKey(text) !== null, 'is a field within another: name a key of the payload itself, in quotes where it has dots')
    .nullable()
    .default(null)
    .meta({ description: "A field of the target's payload that keeps a SHA-256 of the texts its vectors were made from; null: none." }),
});

const freeze = z.strictObject({
  url: openAddress('the spec is kept and shown; let the hook listen where only coordinators reach it')
    .nullable()
    .default(null)
    .meta({ description: 'The hook that is asked to hold writers before the alias moves, and to let them go; null: nobody is held.' }),
  timeoutMs: z.int().positive().default(90_000).meta({ description: 'How long writers are held at most, in ms.' }),
});

const longestName = 128;

/** The spec of a migration: one schema for REST, CLI, docs and OpenAPI. Every field but the essential three has a default. */
export const specSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .max(longestName)
      .default('')
      .meta({ description: 'What people call the migration; default: the name of the target collection.' }),
    source: source.meta({ description: 'The collection that is migrated; it is only read, but by `observe.reverseSync`.' }),
    target: target.meta({ description: 'The collection that the migration fills.' }),
    vectors: z
      .record(shortName, vectorSpecSchema)
      .refine(...ofVectors)
      .refine((v) => Object.keys(v).length > 0, 'wants at least one vector')
      .meta({ description: 'Every vector of the target by its name, each with exactly one recipe; `""` is the unnamed one.' }),
    models: saidOfModelsSchema.default({}).meta({
      description:
        'What models want before a text and how much they read, by name: over what is built in and what reembed.config.yaml says.',
    }),
    copy: copy.prefault({}).meta({ description: 'In what pieces points are copied.' }),
    throttle: throttleSpecSchema
      .prefault({})
      .meta({ description: 'How much of Qdrant, of a provider and of a purse it may use; all of it may be changed while it runs.' }),
    sync: sync.prefault({}).meta({ description: 'How the target follows a source that is written to.' }),
    search: z
      .strictObject({
        old: searchProfileSchema.prefault({}).meta({ description: 'How applications query the source.' }),
        new: searchProfileSchema
          .optional()
          .meta({ description: 'How they are going to query the target; default: by the embedded vector, if there is exactly one.' }),
        bridge: bridgeSpecSchema
          .prefault({})
          .meta({ description: 'How they query meanwhile, where the new vector is filled in beside the old one.' }),
      })
      .prefault({})
      .meta({ description: 'How applications query: the gates ask both collections so.' }),
    gates: gatesSpecSchema.prefault({}).meta({ description: 'What is measured before the switch.' }),
    switch: z
      .strictObject({
        mode: z
          .enum(['manual', 'auto'])
          .default('manual')
          .meta({ description: 'Who moves the alias: a person, or the migration as soon as it is ready and no gate stands in the way.' }),
        freeze: freeze.prefault({}).meta({ description: 'Holding writers while the alias moves.' }),
      })
      .prefault({})
      .meta({ description: 'How the alias moves.' }),
    observe: z
      .strictObject({
        reverseSync: z.boolean().default(false).meta({
          description:
            'Whether the old collection is kept fresh after the switch, by the same sync from new to old, so that a rollback loses nothing. It is written to then.',
        }),
      })
      .prefault({})
      .meta({ description: 'What happens between the switch and its end.' }),
  })
  .refine((s) => s.target.alias !== s.target.collection, {
    path: ['target', 'alias'],
    error: 'is the target itself: an alias needs a name of its own',
  })
  // A default cannot see its neighbours.
  .overwrite((spec) => (spec.name === '' ? { ...spec, name: spec.target.collection.slice(0, longestName) } : spec));

export type Spec = z.infer<typeof specSchema>;
export type SpecInput = z.input<typeof specSchema>;
