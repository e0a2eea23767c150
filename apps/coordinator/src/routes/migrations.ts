import {
  adoptBodySchema,
  backfillBodySchema,
  type Command,
  cancelBodySchema,
  completeBodySchema,
  migrationListSchema,
  migrationViewSchema,
  resumeBodySchema,
  rollbackBodySchema,
  submitBodySchema,
  submitReplySchema,
  switchBodySchema,
} from '@reembed/contracts';
import {
  adoptTarget,
  backfillSpec,
  type CommandWords,
  type CoordinatorDeps,
  command,
  loadMigration,
  parseSpec,
  submit,
  viewOf,
} from '@reembed/core';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { errors, migrationParams } from './shared-schemas.ts';

const tags = ['migrations'];

/** Migrations: submit, look, and the words that move them. */
export function migrationRoutes({ deps }: { readonly deps: CoordinatorDeps }) {
  return async (server: FastifyInstance): Promise<void> => {
    const app = server.withTypeProvider<ZodTypeProvider>();
    const submitSchema = {
      tags,
      summary: 'Submit a spec; the same spec again answers with its migration',
      body: submitBodySchema,
      headers: z.object({ 'idempotency-key': z.string().min(1).max(255).optional() }),
      response: { 200: submitReplySchema, 201: submitReplySchema, ...errors },
    };
    app.post('/migrations', { schema: submitSchema, attachValidation: true }, async (request, reply) => {
      // The spec is judged by parseSpec, which names every fault; nobody else judges the headers.
      if (request.validationError?.validationContext === 'headers') throw request.validationError;
      const { migration, how } = await submit(deps, parseSpec(request.body), request.headers['idempotency-key']);
      const view = await viewOf(deps, migration);
      return reply.status(how === 'created' || how === 'repeated' ? 201 : 200).send({ ...view, how });
    });

    const backfillSchema = {
      tags,
      summary: 'Give points of a collection the vector they lack: submits the migration in place that does it',
      body: backfillBodySchema,
      response: { 200: submitReplySchema, 201: submitReplySchema, ...errors },
    };
    app.post('/backfills', { schema: backfillSchema }, async (request, reply) => {
      const { migration, how } = await submit(deps, await backfillSpec(deps.collections, request.body));
      return reply.status(how === 'created' ? 201 : 200).send({ ...(await viewOf(deps, migration)), how });
    });

    const adoptSchema = {
      tags,
      summary: 'Go on with the migration that a target collection tells of',
      body: adoptBodySchema,
      response: { 200: submitReplySchema, ...errors },
    };
    app.post('/adoptions', { schema: adoptSchema }, async (request) => {
      const { migration, how } = await adoptTarget(deps, request.body.target);
      return { ...(await viewOf(deps, migration)), how };
    });

    app.get(
      '/migrations',
      { schema: { tags, summary: 'All migrations, newest first', response: { 200: migrationListSchema, ...errors } } },
      async () => ({
        migrations: await Promise.all((await deps.migrations.list()).map((migration) => viewOf(deps, migration))),
      }),
    );

    app.get(
      '/migrations/:id',
      { schema: { tags, summary: 'One migration', params: migrationParams, response: { 200: migrationViewSchema, ...errors } } },
      async (request) => viewOf(deps, await loadMigration(deps, request.params.id)),
    );

    const commandRoute = (name: Command, summary: string, body: z.ZodType<CommandWords>) =>
      app.post(
        `/migrations/:id/${name}`,
        { schema: { tags, summary, params: migrationParams, body, response: { 202: migrationViewSchema, ...errors } } },
        async (request, reply) => reply.status(202).send(await viewOf(deps, await command(deps, request.params.id, name, request.body))),
      );
    const noWords = z
      .strictObject({})
      .nullish()
      .transform(() => ({}));
    commandRoute('pause', 'Stop writing, and rest', noWords);
    commandRoute(
      'resume',
      'Go on where it stopped',
      resumeBodySchema.nullish().transform((words) => words ?? {}),
    );
    commandRoute(
      'cancel',
      'End it; source and alias stay as they are',
      cancelBodySchema.nullish().transform((words) => words ?? {}),
    );
    commandRoute('verify', 'Compare both sides and measure the gates once more', noWords);
    commandRoute(
      'switch',
      'Compare once more, then move the alias',
      switchBodySchema.nullish().transform((words) => words ?? {}),
    );
    commandRoute(
      'rollback',
      'Take the alias back',
      rollbackBodySchema.nullish().transform((words) => words ?? {}),
    );
    commandRoute(
      'complete',
      'End it: the old collection is deleted, in place an old vector where the word names one',
      completeBodySchema.nullish().transform((words) => words ?? {}),
    );
  };
}
