import type { SpecInput } from '@reembed/contracts';
import type { ProviderFault } from '@reembed/testkit';
import { describe, expect, test } from 'vitest';
import { documentMigration } from '../support/document-migration.ts';
import { startFleet, stubModel } from '../support/fleet.ts';
import { startRun } from '../support/reembed-run.ts';

type Row = {
  readonly what: string;
  readonly fault: ProviderFault | null;
  /** Requests that are answered before the fault begins, default 0; the witness is three. */
  readonly after?: number;
  readonly embed?: Partial<NonNullable<NonNullable<SpecInput['vectors'][string]>['embed']>>;
  readonly exit: number;
  readonly says: RegExp;
};

const badKey = { kind: 'status', status: 401, body: { error: { message: 'Incorrect API key' } } } as const;
const noModel = { kind: 'status', status: 404, body: { error: { message: 'no such model', code: 'model_not_found' } } } as const;

const rows: readonly Row[] = [
  { what: 'a key that is refused', fault: badKey, exit: 3, says: /witness.*Incorrect API key.*\[provider-unauthorized\]/s },
  { what: 'a key that is refused while points are copied', fault: badKey, after: 6, exit: 3, says: /\[provider-unauthorized\]/ },
  { what: 'a model that the provider does not know', fault: noModel, exit: 9, says: /no such model.*\[provider-refused\]/s },
  {
    what: 'a size that the model does not give',
    fault: null,
    embed: { dimensions: 16 },
    exit: 2,
    says: /\[plan-blocked\].*dimensions \(16\)/s,
  },
  { what: 'a model that nobody knows', fault: null, embed: { model: 'nobody/knows' }, exit: 2, says: /nobody\/knows/ },
];

describe('a whole run that a provider stops ends with the exit code of the cause', () => {
  test.concurrent.for(rows)('$what: exit $exit', async ({ fault, after = 0, embed = {}, exit, says }) => {
    await using fleet = await startFleet({ coordinators: 0, workers: 0, stub: { latencyMs: 50 } });
    const { stub } = fleet;
    const { spec } = await documentMigration(fleet, { points: 1_000, model: 'stub' });
    const vectors = { ...spec.vectors, new: { embed: { model: stubModel.name, text: '{{title}}', ...embed } } };
    await using stack = new AsyncDisposableStack();
    if (after === 0) stub.always(fault);
    const run = await startRun(stack, fleet, { ...spec, vectors }, fleet.env);
    if (after > 0) await stub.arrived(after).then(() => stub.always(fault));
    expect(await run.ended(), run.said()).toBe(exit);
    expect(run.said()).toMatch(says);
    expect(run.said()).not.toContain('migration-failed');
  });
});
