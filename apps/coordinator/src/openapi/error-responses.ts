import { errorReplySchema } from '@reembed/contracts';

type ErrorStatus = {
  /** The name of the response in the document. */
  readonly name: string;
  /** When it is answered. */
  readonly description: string;
  readonly code: string;
  readonly example: string;
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: { readonly type: 'string' } }>>;
};

const header = (description: string) => ({ description, schema: { type: 'string' } as const });

/** Every status that says no. The body is an ErrorReply each time: `code` is for programs, `message` for people. */
export const errorStatuses = {
  400: {
    name: 'BadRequest',
    description: 'The request is malformed: no JSON, or an unknown or wrong field.',
    code: 'invalid-request',
    example: 'limit: Too big: expected number to be <=1000',
  },
  401: {
    name: 'Unauthorized',
    description: 'The token is missing, wrong, or no longer valid.',
    code: 'unauthorized',
    example: 'send the token: Authorization: Bearer …, or in a browser any user name with the token as password',
    headers: { 'www-authenticate': header('How a browser asks for the token.') },
  },
  403: {
    name: 'Forbidden',
    description:
      'The role of whoever asks does not allow it; or an act came from the page of another site; or there is no token, and the request came by a name that is not loopback.',
    code: 'forbidden',
    example: 'ada is operator here, and rollback wants the role admin: ask somebody who has it',
  },
  404: {
    name: 'NotFound',
    description: 'There is no migration, collection, alias or path of that name.',
    code: 'not-found',
    example: 'there is no migration "m0"; list them with `reembed list`',
  },
  405: {
    name: 'MethodNotAllowed',
    description: 'There is such a path, but not for this method.',
    code: 'method-not-allowed',
    example: 'DELETE is not for /v1/migrations: GET, HEAD, POST are; see /docs',
    headers: { allow: header('The methods that the path has.') },
  },
  409: {
    name: 'Conflict',
    description:
      'The migration is in a phase that does not allow this, wants a word that was not given, or stopped at what a person has to mend.',
    code: 'wrong-state',
    example: 'cannot switch migration m1 while it is copying: possible now: pause, cancel',
  },
  413: {
    name: 'TooLarge',
    description: 'The body is larger than 32 MiB.',
    code: 'invalid-request',
    example: 'Request body is too large',
  },
  415: {
    name: 'UnsupportedMediaType',
    description: 'The body is not application/json.',
    code: 'invalid-request',
    example: 'Unsupported Media Type',
  },
  422: {
    name: 'Unprocessable',
    description: 'The spec cannot be carried out: a field is wrong, or the plan found something to mend first. `issues` has each field.',
    code: 'plan-blocked',
    example: 'nothing was created: source.collection ("docs"): there is no collection or alias of that name',
  },
  429: {
    name: 'TooManyAttempts',
    description: 'Too many wrong tokens came from this address.',
    code: 'too-many-attempts',
    example: 'too many wrong tokens came from 10.0.0.4: try again in 42 s',
    headers: { 'retry-after': header('The seconds until it is listened to again.') },
  },
  500: {
    name: 'Defect',
    description: 'A defect of reembed, or a setting of the coordinator that is wrong.',
    code: 'internal',
    example: 'a defect of reembed; the log of the coordinator says more',
  },
  502: {
    name: 'BadGateway',
    description: 'Qdrant, the provider of the model or the text service did not answer, or refused.',
    code: 'qdrant-unreachable',
    example: 'Qdrant at http://127.0.0.1:6333 does not answer: ECONNREFUSED',
  },
  503: {
    name: 'Unavailable',
    description:
      'Redis or the identity provider does not answer, no worker runs, Qdrant has not finished optimizing, the act could not be written down, or what plans has as much as it takes: ask again later.',
    code: 'redis-unreachable',
    example: 'Redis does not answer',
  },
} as const satisfies Readonly<Record<number, ErrorStatus>>;

type Status = keyof typeof errorStatuses;

/** What any route that is not open to all may answer, whatever it does. */
const always = [401, 403, 405, 429, 500, 502, 503] as const;

/** The statuses with an error that a route may answer, beside those of every route. */
export function errors<const More extends readonly Status[]>(...more: More) {
  const all: readonly Status[] = [...always, ...more];
  return Object.fromEntries(all.map((status) => [status, errorReplySchema])) as Record<
    (typeof always)[number] | More[number],
    typeof errorReplySchema
  >;
}

/** Those of a route that is open to everybody. */
export const errorsForAll = { 405: errorReplySchema, 500: errorReplySchema };

/** Those of a route that reads a body. */
export const ofBody = [400, 413, 415] as const;

/** The responses of the document, by name. */
export function errorResponses(): Record<string, object> {
  return Object.fromEntries(
    Object.values<ErrorStatus>(errorStatuses).map(({ name, description, code, example, headers }) => {
      const body = { schema: { $ref: '#/components/schemas/ErrorReply' }, example: { code, message: example } };
      return [name, { description, ...(headers === undefined ? {} : { headers }), content: { 'application/json': body } }];
    }),
  );
}
