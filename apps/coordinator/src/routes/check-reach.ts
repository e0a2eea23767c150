import type { Issue } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { ReachOut } from '@reembed/embedders';
import type { FastifyInstance } from 'fastify';

/** Routes whose body is a spec: what it names is looked at before hours of work come to ask it. */
const ofSpecs = ['/v1/migrations', '/v1/plans'];

/** Refuses specs that name addresses which the configuration does not allow, by field and way out. What is asked later is looked at again then. */
export function checkReach(server: FastifyInstance, { refusal }: Pick<ReachOut, 'refusal'>): void {
  server.addHook('preHandler', async ({ method, routeOptions, body }) => {
    if (method !== 'POST' || !ofSpecs.includes(routeOptions.url ?? '')) return;
    const issues = addressesOf(body).flatMap(({ field, value }): Issue[] => {
      const message = URL.canParse(value) ? refusal(value) : null;
      return message === null ? [] : [{ field, value: new URL(value).origin, message }];
    });
    const [first] = issues;
    if (first !== undefined) throw new ReembedError('address-not-allowed', `${first.field}: ${first.message}`, { issues });
  });
}

/** What a body has where a spec has an address; anything else is judged by whoever reads the spec. */
function addressesOf(body: unknown): { field: string; value: string }[] {
  return ['source.textFrom.url', 'switch.freeze.url'].flatMap((field) => {
    const value = field.split('.').reduce<unknown>((part, key) => (part as Record<string, unknown> | null | undefined)?.[key], body);
    return typeof value === 'string' ? [{ field, value }] : [];
  });
}
