import { type Command, mayDo, type Role } from '@reembed/contracts';

/** What a route wants of whoever asks. */
export type RouteRule = {
  /** The least role. */
  readonly role: Role;
  /** Where it changes something: what log and audit trail call it. */
  readonly act?: string;
  /** Fields of the body or the query that only an admin may say. */
  readonly adminWords?: readonly string[];
  /** It only finds out on its way whether anything is changed, and records that itself. */
  readonly recordsItself?: true;
  /** Goes on where it cannot be written down who asked: stopping is always safer than going on. */
  readonly unrecorded?: true;
};

const commandRules: Readonly<Record<Command, RouteRule>> = {
  pause: { role: 'operator', act: 'pause', unrecorded: true },
  resume: { role: 'operator', act: 'resume' },
  cancel: { role: 'operator', act: 'cancel' },
  verify: { role: 'operator', act: 'verify' },
  switch: { role: 'operator', act: 'switch', adminWords: ['override'] },
  rollback: { role: 'admin', act: 'rollback' },
  complete: { role: 'admin', act: 'complete' },
};

/**
 * Who may do what: every route of the coordinator but those that anybody may ask. A path ends in `*` where a whole page with its parts is meant. What is
 * missing here is for admins.
 */
export const routeRules: Readonly<Record<string, RouteRule>> = {
  'GET /': { role: 'viewer' },
  'GET /docs*': { role: 'viewer' },
  'GET /queues*': { role: 'viewer' },
  'GET /metrics': { role: 'viewer' },
  'GET /v1/autoscale': { role: 'viewer' },
  'GET /v1/migrations': { role: 'viewer' },
  'GET /v1/migrations/:id': { role: 'viewer' },
  'GET /v1/migrations/:id/events': { role: 'viewer' },
  'GET /v1/migrations/:id/failures': { role: 'viewer' },
  'GET /v1/migrations/:id/late-writes': { role: 'viewer' },
  'GET /v1/migrations/:id/report': { role: 'viewer' },
  'GET /v1/migrations/:id/report.html': { role: 'viewer' },
  // These ask models and services that a spec names: they cost money, and reach out.
  'POST /v1/migrations/:id/compare': { role: 'operator' },
  'POST /v1/plans': { role: 'operator' },
  'POST /v1/estimates': { role: 'operator' },
  'POST /v1/trials': { role: 'operator', act: 'trial', recordsItself: true },
  'POST /v1/requantizations': { role: 'operator', act: 'requantize', recordsItself: true },
  'POST /v1/migrations': { role: 'operator', act: 'submit', adminWords: ['takeOver'] },
  'PATCH /v1/migrations/:id': { role: 'operator', act: 'tune' },
  'POST /v1/backfills': { role: 'operator', act: 'backfill', adminWords: ['takeOver'] },
  'POST /v1/adoptions': { role: 'operator', act: 'adopt', adminWords: ['takeOver', 'rebuildMetadata', 'overwrite'] },
  'POST /v1/migrations/:id/failures/retry': { role: 'operator', act: 'retry failures of' },
  'POST /v1/migrations/:id/failures/accept': { role: 'operator', act: 'accept failures of' },
  'POST /v1/migrations/:id/late-writes': { role: 'operator', act: 'settle late writes of' },
  'POST /v1/migrations/:id/discard': { role: 'admin', act: 'discard' },
  ...Object.fromEntries(Object.entries(commandRules).map(([name, rule]) => [`POST /v1/migrations/:id/${name}`, rule])),
  'GET /v1/dead-letters': { role: 'operator' },
  'GET /v1/hooks': { role: 'operator' },
  'GET /v1/audit': { role: 'operator' },
  'GET /v1/audit.ndjson': { role: 'operator' },
};

const forAdmins: RouteRule = { role: 'admin' };
const looks = ['GET', 'HEAD', 'OPTIONS'];

/** The rule of a route as Fastify writes it; undefined: a path that is none, of which whoever is let in hears. */
export function ruleOf(method: string, route: string | undefined): RouteRule {
  if (route === undefined) return { role: 'viewer' };
  const verb = looks.includes(method) ? 'GET' : method;
  const exact = routeRules[`${verb} ${route}`];
  if (exact !== undefined) return exact;
  const below = Object.entries(routeRules).find(([key]) => key.endsWith('*') && `${verb} ${route}`.startsWith(key.slice(0, -1)));
  if (below !== undefined) return below[1];
  return looks.includes(method) ? forAdmins : { ...forAdmins, act: `${method} ${route}` };
}

/** The first word of a request that wants an admin, where the role is none; null: there is none. */
export function wordForAdmins({ adminWords = [] }: RouteRule, role: Role, words: Readonly<Record<string, unknown>>): string | null {
  if (mayDo(role, 'admin')) return null;
  return adminWords.find((word) => isSaid(words[word])) ?? null;
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== null && value !== false && !(Array.isArray(value) && value.length === 0);
}
