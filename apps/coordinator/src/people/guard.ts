import { type ErrorCode, type ErrorReply, mayDo, type Role } from '@reembed/contracts';
import { isOfAnotherSite } from '@reembed/process';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { RecordActs } from './acts.ts';
import { createAttempts } from './attempts.ts';
import { isKnown, type Person } from './person.ts';
import { type RouteRule, ruleOf, wordForAdmins } from './route-rules.ts';
import type { SignIn } from './sign-in.ts';

type Refusal = { readonly status: 401 | 403 | 429; readonly code: ErrorCode; readonly message: string };

export type GuardOptions = { readonly signIn: SignIn; readonly log: Logger; readonly acts: RecordActs };

/**
 * Lets requests pass, or refuses them: before a body is read by who asks and what the route is, and once it is read by the words that it has. Health is
 * open to all; nobody acts from the page of another site.
 */
export function addGuard(server: FastifyInstance, options: GuardOptions): void {
  const { signIn, log, acts } = options;
  const attempts = createAttempts(log);
  server.decorateRequest('person', null);
  server.addHook('onRequest', async (request, reply) => {
    if (isOfAnotherSite(request)) return refuse(reply, otherSite);
    if (/^\/(healthz|readyz)$/.test(request.url)) return undefined;
    const { ip } = request;
    const wait = await attempts.waitSeconds(ip);
    const found = await signIn(request);
    // Whoever is known by what cannot be guessed is not kept out by a neighbour who guesses.
    const isProven = 'person' in found && isKnown(found.person);
    if (wait > 0 && !isProven) return refuse(reply.header('retry-after', String(wait)), tooMany(ip, wait));
    if (!('person' in found)) {
      if (found.isAttempt && (await attempts.failed(ip))) await acts.limited(request);
      return refuse(reply, { status: found.code === 'forbidden' ? 403 : 401, code: found.code, message: found.fault });
    }
    request.person = found.person;
    const { role } = ruleOf(request.method, request.routeOptions.url);
    return mayDo(found.person.role, role) ? undefined : refuse(reply, wants(found.person, role, whatOf(request)));
  });
  server.addHook('preHandler', async (request, reply) => {
    const { person, method, routeOptions, body, query } = request;
    if (person === null) return undefined;
    const rule = ruleOf(method, routeOptions.url);
    const word = wordForAdmins(rule, person.role, { ...asFields(query), ...asFields(body) });
    if (word !== null) return refuse(reply, wants(person, 'admin', `\`${word}\` of ${whatOf(request)}`));
    if (rule.act !== undefined && rule.recordsItself === undefined) await acts.asked(request);
    return undefined;
  });
}

/** `switch`, or of what only looks the path. */
function whatOf({ method, routeOptions, url }: FastifyRequest): string {
  const { act }: RouteRule = ruleOf(method, routeOptions.url);
  return act ?? `${method} ${url.split('?')[0]}`;
}

function asFields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function refuse(reply: FastifyReply, { status, code, message }: Refusal): FastifyReply {
  if (status === 401) reply.header('www-authenticate', 'Basic realm="reembed"');
  return reply.status(status).send({ code, message } satisfies ErrorReply);
}

const otherSite: Refusal = {
  status: 403,
  code: 'forbidden',
  message: 'acts are not taken from the page of another site; use the address that the coordinator itself is opened by',
};

function tooMany(ip: string, seconds: number): Refusal {
  return { status: 429, code: 'too-many-attempts', message: `too many wrong tokens came from ${ip}: try again in ${seconds} s` };
}

function wants(person: Person, role: Role, what: string): Refusal {
  const who = isKnown(person) ? person.name : 'whoever asks';
  return {
    status: 403,
    code: 'forbidden',
    message: `${who} is ${person.role} here, and ${what} wants the role ${role}: ask somebody who has it`,
  };
}
