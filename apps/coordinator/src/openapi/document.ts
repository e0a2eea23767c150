import type { SwaggerOptions } from '@fastify/swagger';
import { packageVersion } from '@reembed/process';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { ruleOf } from '../people/route-rules.ts';
import { errorResponses, errorStatuses } from './error-responses.ts';
import { examples } from './examples.ts';
import { nameSchemas } from './schema-names.ts';

type Json = Record<string, unknown>;
type Media = Record<string, Json>;
type Operation = {
  operationId?: string;
  description?: string;
  security?: unknown;
  requestBody?: { required?: boolean; content: Media };
  responses: Record<string, { description?: string; content?: Media; $ref?: string }>;
};

const successes: Readonly<Record<string, string>> = {
  200: 'It is answered; nothing goes on after it.',
  201: 'It was created, and goes on by itself.',
  202: 'It was accepted, and goes on by itself.',
  503: 'Something is missing; the body says what.',
};

/** What `@fastify/swagger` is registered with: the document at /docs/json and the page at /docs. */
export function openApiOptions(): SwaggerOptions {
  nameSchemas();
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'reembed',
        description: [
          'Moves a live Qdrant collection to another embedding model without downtime.',
          'Every reply that is no success is an `ErrorReply`; so is that to what is no request: 400, 408 where it does not arrive in time, 431 where its headers are longer than 16 KiB. Lists are paged: a `next` that is not null is the `cursor` of the page after.',
          'Each operation says which role it wants: a viewer looks, an operator moves migrations, an admin also does what cannot be taken back.',
          'Where tokens have no names, a caller may say who it is in the header `reembed-by`, percent-encoded: it is logged, and kept with decisions.',
        ].join('\n\n'),
        license: { name: 'MIT', identifier: 'MIT' },
        version: packageVersion(new URL('../../package.json', import.meta.url)),
      },
      servers: [{ url: '/', description: 'The coordinator that this document came from.' }],
      security: [{ bearer: [] }, { basic: [] }],
      tags: [
        { name: 'migrations', description: 'Submit, look, and the words that move them.' },
        { name: 'plans', description: 'What a spec would do, cost and need.' },
        { name: 'failures', description: 'Points set aside, and jobs that nobody can work on.' },
        { name: 'late writes', description: 'Writes that came to the old collection while the alias moved.' },
        { name: 'proof', description: 'What the gates measured, and both collections asked side by side.' },
        { name: 'requantizations', description: 'Another quantization in place.' },
        { name: 'audit', description: 'Who did what.' },
        { name: 'hooks', description: 'Who was told what happened.' },
        { name: 'health', description: 'For probes; open to everybody.' },
      ],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'A token of REEMBED_ACCESS or of the identity provider, or REEMBED_TOKEN.',
          },
          basic: { type: 'http', scheme: 'basic', description: 'For browsers: any user name, with the token as password.' },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (given) => completed(jsonSchemaTransformObject(given) as Json) as ReturnType<typeof jsonSchemaTransformObject>,
  };
}

/** The document with named error responses, examples, and only the schemas that something refers to. */
function completed(document: Json): Json {
  for (const [path, operations] of Object.entries(document.paths as Record<string, Record<string, Operation>>))
    for (const [method, operation] of Object.entries(operations)) {
      complete(operation);
      if (operation.security === undefined) operation.description = roleInWords(method, path);
    }
  const components = document.components as Json;
  components.responses = errorResponses();
  return withoutStraySchemas(document);
}

function complete({ operationId = '', requestBody, responses }: Operation): void {
  const example = examples[operationId];
  for (const [status, response] of Object.entries(responses)) {
    const named = errorStatuses[Number(status) as keyof typeof errorStatuses];
    if (named !== undefined && JSON.stringify(response).includes('/ErrorReply"')) {
      responses[status] = { $ref: `#/components/responses/${named.name}` };
      continue;
    }
    if (response.description === 'Default Response') response.description = successes[status] ?? '';
    const reply = status === '202' ? (example?.working ?? example?.reply) : example?.reply;
    if (reply !== undefined) exemplify(response.content, reply);
  }
  if (requestBody !== undefined) mayBeLeftOut(requestBody);
  if (example?.request !== undefined) exemplify(requestBody?.content, example.request);
}

/** Who may ask for it. */
function roleInWords(method: string, path: string): string {
  const { role, adminWords = [] } = ruleOf(method.toUpperCase(), path.replace(/\{(\w+)\}/g, ':$1'));
  const words = adminWords.map((word) => `\`${word}\``).join(', ');
  return `Wants the role ${role}${words === '' ? '' : `, and admin for ${words}`}.`;
}

/** A body that may be null may be left out as well, which a generated client is told by `required` alone. */
function mayBeLeftOut(body: { required?: boolean; content: Media }): void {
  for (const media of Object.values(body.content)) {
    const { anyOf: [given, nothing] = [] } = media.schema as { anyOf?: Json[] };
    if (nothing?.type !== 'null') continue;
    body.required = false;
    media.schema = given;
  }
}

function exemplify(content: Media | undefined, example: unknown): void {
  for (const media of Object.values(content ?? {})) media.example = example;
}

/**
 * Every schema with a name comes twice, as it is sent and as it is answered (`SpecInput`, `Spec`). Those that nothing refers to go, and one
 * that is only sent gets the plain name.
 */
function withoutStraySchemas(document: Json): Json {
  const { schemas: all, ...components } = document.components as { schemas: Record<string, unknown> };
  const used: Record<string, unknown> = {};
  const visit = (part: unknown): void => {
    for (const [, name = ''] of JSON.stringify(part).matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (name in used) continue;
      used[name] = all[name];
      visit(all[name]);
    }
  };
  visit([document.paths, components]);
  const plain = (name: string) => (name.endsWith('Input') && !(name.slice(0, -5) in used) ? name.slice(0, -5) : name);
  const renamed = JSON.stringify({ ...document, components: { ...components, schemas: used } }).replace(
    /"#\/components\/schemas\/([^"]+)"/g,
    (_, name: string) => `"#/components/schemas/${plain(name)}"`,
  );
  const result = JSON.parse(renamed) as { components: { schemas: Json } };
  const sorted = Object.entries(result.components.schemas).map(([name, schema]) => [plain(name), schema] as const);
  result.components.schemas = Object.fromEntries(sorted.sort(([a], [b]) => (a < b ? -1 : 1)));
  return result;
}
