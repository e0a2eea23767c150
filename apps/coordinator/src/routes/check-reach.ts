import type { Issue } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import type { ReachOut } from '@reembed/embedders';
import type { FastifyInstance } from 'fastify';

/** Where a body has specs: what they name is looked at before hours of work come to ask it. */
const specsOf: Readonly<Record<string, (body: unknown) => { readonly at: string; readonly spec: unknown }[]>> = {
  '/v1/migrations': (spec) => [{ at: '', spec }],
  '/v1/plans': (spec) => [{ at: '', spec }],
  '/v1/trials': (body) => [valueAt(body, 'specs')].flat().map((spec, index) => ({ at: `specs.${index}.`, spec })),
};

/** Refuses specs that name addresses which the configuration does not allow, by field and way out. What is asked later is looked at again then. */
export function checkReach(server: FastifyInstance, { refusal }: Pick<ReachOut, 'refusal'>): void {
  server.addHook('preHandler', async ({ method, routeOptions, body }) => {
    if (method !== 'POST') return;
    const specs = specsOf[routeOptions.url ?? '']?.(body) ?? [];
    const issues = specs.flatMap(addressesOf).flatMap(({ field, value }): Issue[] => {
      const message = URL.canParse(value) ? refusal(value) : null;
      return message === null ? [] : [{ field, value: new URL(value).origin, message }];
    });
    const [first] = issues;
    if (first !== undefined) throw new ReembedError('address-not-allowed', `${first.field}: ${first.message}`, { issues });
  });
}

/** What stands where a spec has an address; anything else is judged by whoever reads the spec. */
function addressesOf({ at, spec }: { readonly at: string; readonly spec: unknown }): { field: string; value: string }[] {
  return ['source.textFrom.url', 'switch.freeze.url'].flatMap((field) => {
    const value = valueAt(spec, field);
    return typeof value === 'string' ? [{ field: `${at}${field}`, value }] : [];
  });
}

/** Undefined where nothing stands there. */
function valueAt(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((part, key) => (part as Record<string, unknown> | null | undefined)?.[key], value);
}
