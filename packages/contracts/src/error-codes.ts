import { z } from 'zod';

/**
 * Every error a user can meet: what it means, whether trying again later can help, the HTTP status of a reply that carries it and the
 * exit code of a command that ends with it. `docs/errors.md` is generated from this table.
 */
export const errorCodes = {
  'invalid-request': { httpStatus: 400, exitCode: 2, retry: 'never', meaning: 'The request has an unknown or malformed field.' },
  'too-many-readers': {
    httpStatus: 503,
    exitCode: 9,
    retry: 'later',
    meaning: 'As many follow events at this coordinator as it serves: ask another one, or look at the migration from time to time.',
  },
  'planning-stopped': {
    httpStatus: 503,
    exitCode: 9,
    retry: 'later',
    meaning:
      'What reads and plans specs has as many as it takes, or ended while this one was with it: send it again, which makes no second migration.',
  },
  'method-not-allowed': {
    httpStatus: 405,
    exitCode: 2,
    retry: 'never',
    meaning: 'There is such a path, but not for this method; the header Allow names those there are.',
  },
  'invalid-spec': { httpStatus: 422, exitCode: 2, retry: 'never', meaning: 'The spec has an unknown, missing or malformed field.' },
  'plan-blocked': {
    httpStatus: 422,
    exitCode: 2,
    retry: 'never',
    meaning: 'The plan found something that must be mended before anything is created.',
  },
  'invalid-config': { httpStatus: 500, exitCode: 2, retry: 'never', meaning: 'A setting or reembed.config.yaml is malformed.' },
  unauthorized: { httpStatus: 401, exitCode: 3, retry: 'never', meaning: 'The API token is missing, wrong, or no longer valid.' },
  forbidden: {
    httpStatus: 403,
    exitCode: 3,
    retry: 'never',
    meaning: 'Whoever asks is known, or comes from elsewhere, and may not do this; the message says who may.',
  },
  'too-many-attempts': {
    httpStatus: 429,
    exitCode: 3,
    retry: 'later',
    meaning: 'Too many wrong tokens came from this address; it is listened to again after a minute.',
  },
  'identity-provider-unreachable': {
    httpStatus: 503,
    exitCode: 8,
    retry: 'later',
    meaning: 'The keys of the identity provider cannot be had, so that its tokens cannot be checked.',
  },
  'audit-unwritten': {
    httpStatus: 503,
    exitCode: 7,
    retry: 'later',
    meaning: 'It could not be written down in Qdrant who acts, so that nothing was done; only pause goes without.',
  },
  'address-not-allowed': {
    httpStatus: 422,
    exitCode: 2,
    retry: 'never',
    meaning: 'A spec names a host or a model of the hub that reembed.config.yaml does not allow.',
  },
  'not-found': { httpStatus: 404, exitCode: 4, retry: 'never', meaning: 'There is no migration, collection or alias of that name.' },
  'wrong-state': {
    httpStatus: 409,
    exitCode: 5,
    retry: 'never',
    meaning: 'The migration is in a phase that does not allow this; the message says what is possible.',
  },
  'idempotency-conflict': {
    httpStatus: 409,
    exitCode: 5,
    retry: 'never',
    meaning: 'The Idempotency-Key was used before with another spec.',
  },
  'confirmation-needed': {
    httpStatus: 409,
    exitCode: 5,
    retry: 'never',
    meaning: 'The act destroys something and wants a word the request did not carry.',
  },
  'over-budget': {
    httpStatus: 409,
    exitCode: 5,
    retry: 'never',
    meaning: 'A trial, or the next request of a migration, would cost more than its budget; the message says how much, and how to go on.',
  },
  superseded: { httpStatus: 409, exitCode: 5, retry: 'never', meaning: 'Another fleet or coordinator has taken the migration over.' },
  'other-fleet': {
    httpStatus: 409,
    exitCode: 5,
    retry: 'never',
    meaning: 'The migration belongs to another fleet that has not given it up; the message names it, and the word that takes it over.',
  },
  'target-live': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'Others use the target before the migration has switched: an alias that is not its own points there.',
  },
  'migration-failed': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'The migration stopped and wants a person; resume goes on from where it was.',
  },
  'qdrant-unreachable': { httpStatus: 502, exitCode: 7, retry: 'later', meaning: 'Qdrant did not answer, or answered with 5xx or 429.' },
  'qdrant-refused': { httpStatus: 502, exitCode: 7, retry: 'never', meaning: 'Qdrant refused the request; the message carries its words.' },
  'qdrant-too-large': {
    httpStatus: 502,
    exitCode: 7,
    retry: 'never',
    meaning: 'Qdrant refused the size of a request (413, or a strict mode limit on batches).',
  },
  'qdrant-not-found': { httpStatus: 404, exitCode: 4, retry: 'never', meaning: 'Qdrant does not know that collection, alias or point.' },
  'qdrant-conflict': { httpStatus: 409, exitCode: 7, retry: 'never', meaning: 'A collection or alias of that name exists already.' },
  'qdrant-unauthorized': {
    httpStatus: 502,
    exitCode: 3,
    retry: 'never',
    meaning: 'Qdrant wants an API key, or another one: set QDRANT_API_KEY.',
  },
  'half-written': {
    httpStatus: 502,
    exitCode: 7,
    retry: 'later',
    meaning:
      'A write is in the source and not in the target of the migration in flight; sync brings it, and to write it again does no harm.',
  },
  'redis-unreachable': { httpStatus: 503, exitCode: 8, retry: 'later', meaning: 'Redis did not answer.' },
  'coordinator-unreachable': { httpStatus: 503, exitCode: 8, retry: 'later', meaning: 'The coordinator did not answer.' },
  'no-worker': { httpStatus: 503, exitCode: 8, retry: 'later', meaning: 'No worker serves model calls.' },
  'unknown-model': { httpStatus: 422, exitCode: 2, retry: 'never', meaning: 'No provider or catalogue entry is known for the model.' },
  'model-missing': {
    httpStatus: 502,
    exitCode: 2,
    retry: 'never',
    meaning: 'A model that runs in the worker cannot be loaded there: its package, folder or a file is missing; the message names it.',
  },
  'provider-unreachable': {
    httpStatus: 502,
    exitCode: 9,
    retry: 'later',
    meaning: 'The embedding provider did not answer, or answered with 5xx.',
  },
  'provider-timeout': {
    httpStatus: 502,
    exitCode: 9,
    retry: 'later',
    meaning: 'The embedding provider gave no answer to a request within `requestTimeoutMs`; it is asked for less at a time.',
  },
  'provider-rate-limited': {
    httpStatus: 502,
    exitCode: 9,
    retry: 'later',
    meaning: 'The embedding provider answered 429; the fleet waits.',
  },
  'batch-under-way': {
    httpStatus: 503,
    exitCode: 9,
    retry: 'later',
    meaning: "Texts are on the provider's batch road, which takes up to a day; the range is looked at again.",
  },
  'provider-unauthorized': { httpStatus: 502, exitCode: 3, retry: 'never', meaning: 'The embedding provider refused the key.' },
  'provider-refused': {
    httpStatus: 502,
    exitCode: 9,
    retry: 'never',
    meaning: 'The embedding provider refused the request as such (unknown model, wrong dimensions).',
  },
  'provider-refused-input': {
    httpStatus: 502,
    exitCode: 9,
    retry: 'never',
    meaning: 'The embedding provider refused the texts of a request; one of them, or their number.',
  },
  'provider-bad-reply': {
    httpStatus: 502,
    exitCode: 9,
    retry: 'later',
    meaning: 'The embedding provider answered with vectors that cannot be right: count, order, length, a NaN or only zeros.',
  },
  'model-changed': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'The model gives other vectors for the witness texts than when the migration began.',
  },
  'invalid-adapter': {
    httpStatus: 422,
    exitCode: 2,
    retry: 'never',
    meaning: 'The file of a learned map is missing, damaged, or for other vectors.',
  },
  'metadata-damaged': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: "The target's metadata does not say any more in which phase its migration is: somebody changed it.",
  },
  'document-damaged': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'What Redis has of a migration cannot be read: nobody works on it, and `reembed adopt` goes on from its target.',
  },
  'payload-unreadable': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning:
      'What Redis has is sealed by a key that this process does not have, or was changed since: REEMBED_PAYLOAD_KEY is the same everywhere.',
  },
  'newer-version': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'What is kept of a migration was written by a newer version of reembed than this process.',
  },
  'adapter-changed': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'A process has another file under the name of the learned map than the plan saw.',
  },
  unhealthy: {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'What was looked at has something wrong with it, which is listed.',
  },
  'payload-conflict': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'The payload of a point would have one field twice: by target.payload.rename, or by sync.hashField.',
  },
  'text-missing': { httpStatus: 409, exitCode: 6, retry: 'never', meaning: 'A point has no text to embed.' },
  'invalid-text-file': {
    httpStatus: 422,
    exitCode: 2,
    retry: 'never',
    meaning: 'The file of source.textFrom.file is missing, malformed, or another than the plan saw.',
  },
  'text-source-unreachable': {
    httpStatus: 502,
    exitCode: 9,
    retry: 'later',
    meaning: 'The service at source.textFrom.url did not answer, or answered with 5xx.',
  },
  'text-source-rate-limited': {
    httpStatus: 502,
    exitCode: 9,
    retry: 'later',
    meaning: 'The service at source.textFrom.url answered 429; the fleet waits.',
  },
  'text-source-unauthorized': {
    httpStatus: 502,
    exitCode: 3,
    retry: 'never',
    meaning: 'The service at source.textFrom.url refused the key, or wants one.',
  },
  'text-source-refused': {
    httpStatus: 502,
    exitCode: 9,
    retry: 'never',
    meaning: 'The service at source.textFrom.url refused the request; the message carries its words.',
  },
  'text-source-bad-reply': {
    httpStatus: 502,
    exitCode: 9,
    retry: 'later',
    meaning: 'The service at source.textFrom.url answered with something else than texts by id.',
  },
  'text-too-long': { httpStatus: 409, exitCode: 6, retry: 'never', meaning: 'The text of a point is longer than the model reads.' },
  'vector-zero': { httpStatus: 409, exitCode: 6, retry: 'never', meaning: 'What is to be kept of a vector of a point is all zeros.' },
  'deletes-need-approval': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'More points have vanished from the source than sync.maxDeleteShare lets sync delete by itself.',
  },
  'not-converging': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning:
      'Sync does not bring both sides together: the source changes faster (freeze writers, or accept late writes), or the points named do not stay as they are written.',
  },
  'gate-not-passed': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'A gate before the switch has failed or is inconclusive; the message has its numbers and the way out.',
  },
  'points-set-aside': {
    httpStatus: 409,
    exitCode: 6,
    retry: 'never',
    meaning: 'The migration is ready, but points are set aside that nobody has accepted to be missing; failures lists them.',
  },
  'hook-failed': {
    httpStatus: 502,
    exitCode: 6,
    retry: 'never',
    meaning: 'A hook that has to agree before an act did not: nothing was done. `reembed hooks` says what it answered.',
  },
  'freeze-failed': { httpStatus: 502, exitCode: 6, retry: 'never', meaning: 'The freeze hook did not answer with success in time.' },
  'still-optimizing': {
    httpStatus: 503,
    exitCode: 10,
    retry: 'later',
    meaning: 'Qdrant has not finished optimizing; nothing is lost, and the same command again goes on waiting.',
  },
  'range-lost': { httpStatus: 409, exitCode: 1, retry: 'later', meaning: 'Another worker holds the range now.' },
  internal: { httpStatus: 500, exitCode: 1, retry: 'never', meaning: 'A defect of reembed.' },
} as const satisfies Record<string, { httpStatus: number; exitCode: number; retry: 'never' | 'later'; meaning: string }>;

export type ErrorCode = keyof typeof errorCodes;

export const errorCodeSchema = z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]);

/** One thing that is wrong with a spec: the field as a path, the value found there (absent: none is), and the way out in words. */
export const issueSchema = z.object({ field: z.string(), value: z.unknown().optional(), message: z.string() });
export type Issue = z.infer<typeof issueSchema>;

/** Every reply that is not a success. */
export const errorReplySchema = z.object({ code: errorCodeSchema, message: z.string(), issues: z.array(issueSchema).optional() });
export type ErrorReply = z.infer<typeof errorReplySchema>;
