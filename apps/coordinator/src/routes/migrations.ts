import {
  adoptBodySchema,
  backfillBodySchema,
  type Command,
  cancelBodySchema,
  completeBodySchema,
  discardBodySchema,
  discardReplySchema,
  migrationPageSchema,
  migrationViewSchema,
  pageQuerySchema,
  resumeBodySchema,
  rollbackBodySchema,
  specSchema,
  submitQuerySchema,
  submitReplySchema,
  switchBodySchema,
  tuneBodySchema,
  tuneReplySchema,
} from '@reembed/contracts';
import {
  adoptTarget,
  backfillSpec,
  type CommandWords,
  command,
  discardMeant,
  findMigration,
  keptBesides,
  parseSpec,
  type Submission,
  submit,
  tune,
  viewFound,
  viewOf,
} from '@reembed/core';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { errors, ofBody } from '../openapi/error-responses.ts';
import { callerOf, isKnown } from '../people/person.ts';
import { judgedLater } from './judged-later.ts';
import { pageOf } from './page-of.ts';
import { migrationParams, routeGroup } from './route-group.ts';

const tags = ['migrations'];

/** The words of a command; none at all are good too. */
function wordsOf<Words extends CommandWords>(schema: z.ZodType<Words>): z.ZodType<CommandWords> {
  return schema.nullish().transform((words): CommandWords => words ?? {});
}

const noWords = z.strictObject({});

/** What a request says: whoever is known does not give a word against a gate in the name of somebody else. */
function wordsFrom({ person, body }: Pick<FastifyRequest, 'person'> & { readonly body: CommandWords }): CommandWords {
  if (person === null || !isKnown(person) || body.override === undefined) return body;
  return { ...body, override: [body.override].flat().map(({ by: _claimed, ...word }) => word) };
}

const idempotencyKey = z
  .string()
  .min(1)
  .max(255)
  .meta({ description: 'A request that comes again with the same key within a day is answered with what the first made.' });

const commands: readonly { readonly name: Command; readonly summary: string; readonly words: z.ZodType<CommandWords> }[] = [
  { name: 'pause', summary: 'Stop writing, and rest', words: wordsOf(noWords) },
  { name: 'resume', summary: 'Go on where it stopped', words: wordsOf(resumeBodySchema) },
  { name: 'cancel', summary: 'End it; source and alias stay as they are', words: wordsOf(cancelBodySchema) },
  { name: 'verify', summary: 'Compare both sides and measure the gates once more', words: wordsOf(noWords) },
  { name: 'switch', summary: 'Compare once more, then move the alias', words: wordsOf(switchBodySchema) },
  { name: 'rollback', summary: 'Take the alias back', words: wordsOf(rollbackBodySchema) },
  {
    name: 'complete',
    summary: 'End it: the old collection is deleted, in place an old vector where the word names one',
    words: wordsOf(completeBodySchema),
  },
];

/** Migrations: submit, look, and the words that move them. */
export const migrationRoutes = routeGroup((app, deps) => {
  const replyTo = async ({ migration, how, changes = [] }: Submission) => ({
    ...(await viewOf(deps, migration)),
    how,
    changes: [...changes],
  });

  const submitSchema = {
    tags,
    operationId: 'submitMigration',
    summary: 'Submit a spec; the same spec again answers with its migration, and an edited one changes it',
    body: specSchema,
    querystring: submitQuerySchema,
    headers: z.object({ 'idempotency-key': idempotencyKey.optional() }),
    response: { 200: submitReplySchema, 201: submitReplySchema, ...errors(404, 409, 422, ...ofBody) },
  };
  app.post('/migrations', { schema: submitSchema, validatorCompiler: judgedLater }, async (request, reply) => {
    const { takeOver } = request.query;
    const submission = await submit(deps, parseSpec(request.body), { takeOver, idempotencyKey: request.headers['idempotency-key'] });
    const { how } = submission;
    return reply.status(how === 'created' || how === 'repeated' || how === 'again' ? 201 : 200).send(await replyTo(submission));
  });

  const backfillSchema = {
    tags,
    operationId: 'backfillVector',
    summary: 'Give points of a collection the vector they lack: submits the migration in place that does it',
    body: backfillBodySchema,
    querystring: submitQuerySchema,
    response: { 200: submitReplySchema, 201: submitReplySchema, ...errors(404, 409, 422, ...ofBody) },
  };
  app.post('/backfills', { schema: backfillSchema }, async (request, reply) => {
    const submission = await submit(deps, await backfillSpec(deps.collections, request.body), request.query);
    return reply.status(submission.how === 'created' ? 201 : 200).send(await replyTo(submission));
  });

  const adoptSchema = {
    tags,
    operationId: 'adoptMigration',
    summary: 'Go on with the migration that a target collection tells of',
    body: adoptBodySchema,
    response: { 200: submitReplySchema, ...errors(404, 409, ...ofBody) },
  };
  app.post('/adoptions', { schema: adoptSchema }, async (request) => {
    return replyTo(await adoptTarget(deps, request.body.target, request.body));
  });

  const discardSchema = {
    ...{
      tags,
      operationId: 'discardMigration',
      summary: 'Delete what remains of a migration that came to nothing; of any that has ended, what is kept',
    },
    ...{ params: migrationParams, body: discardBodySchema.nullish() },
    response: { 200: discardReplySchema, ...errors(409, ...ofBody) },
  };
  app.post('/migrations/:id/discard', { schema: discardSchema }, async (request) =>
    discardMeant(deps, request.params.id, request.body?.confirm),
  );

  const listSchema = {
    ...{
      tags,
      operationId: 'listMigrations',
      summary: 'Migrations, newest first; also those that Qdrant alone keeps',
      querystring: pageQuerySchema,
    },
    response: { 200: migrationPageSchema, ...errors(400) },
  };
  app.get('/migrations', { schema: listSchema }, async ({ query: { cursor, limit } }) => {
    const [known, unread] = await Promise.all([deps.migrations.list(), deps.migrations.unreadable()]);
    const { page, next } = pageOf([...known, ...(await keptBesides(deps, known))], cursor, limit);
    const migrations = await Promise.all(page.map((one) => ('spec' in one ? viewOf(deps, one) : one)));
    return { migrations, next, unreadable: cursor === undefined ? [...unread] : [] };
  });

  const viewSchema = {
    ...{ tags, operationId: 'getMigration', summary: 'One migration', params: migrationParams },
    response: { 200: migrationViewSchema, ...errors(404, 409) },
  };
  app.get('/migrations/:id', { schema: viewSchema }, async ({ params }) => viewFound(deps, await findMigration(deps, params.id)));

  const tuneSchema = {
    ...{ tags, operationId: 'tuneMigration', summary: 'Change how fast, and how far, a migration under way goes' },
    ...{ params: migrationParams, body: tuneBodySchema },
    response: { 200: tuneReplySchema, ...errors(404, 409, 422, ...ofBody) },
  };
  app.patch('/migrations/:id', { schema: tuneSchema }, async (request) => {
    const { migration, changes } = await tune(deps, request.params.id, request.body);
    return { ...(await viewOf(deps, migration)), changes: [...changes] };
  });

  for (const { name, summary, words } of commands) {
    const schema = {
      ...{ tags, operationId: `${name}Migration`, summary, params: migrationParams },
      body: words,
      response: { 202: migrationViewSchema, ...errors(404, 409, ...ofBody) },
    };
    app.post(`/migrations/:id/${name}`, { schema }, async (request, reply) =>
      reply.status(202).send(await viewOf(deps, await command(deps, request.params.id, name, wordsFrom(request), callerOf(request)))),
    );
  }
});
