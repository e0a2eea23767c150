import { errorCodes } from '@reembed/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { after, observing, ready, renewed, type Situation, until } from './scenes.fixture.ts';
import { type Shell, startShell } from './shell.fixture.ts';
import { situations } from './situations.fixture.ts';
import { stops } from './stops.fixture.ts';

let shell: Shell;
beforeAll(async () => {
  shell = await startShell();
});
afterAll(() => shell[Symbol.asyncDispose]());

const of = (name: string): Situation['make'] => {
  const found = situations[name] ?? stops[name];
  if (found === undefined) throw new Error(`there is no situation ${name}`);
  return found.make;
};

/** Where somebody begins to watch, how it has ended when the command ends, and its exit code. */
const cases: [string, Situation['make'], phase: string, exit: number][] = [
  ['copies', (to) => until(to, 'copying', { spec: renewed }), 'ready', 0],
  ['is ready', ready, 'ready', 0],
  ['is observing', observing, 'observing', 0],
  ['is completed', of('completed'), 'completed', 0],
  ['is ready but for a point set aside', of('ready with a point set aside'), 'ready', errorCodes['points-set-aside'].exitCode],
  ['was refused the key', of('stopped by provider-unauthorized'), 'failed', errorCodes['provider-unauthorized'].exitCode],
  [
    'stopped because of the source',
    of('stopped because the source lost many points'),
    'failed',
    errorCodes['deletes-need-approval'].exitCode,
  ],
  ['was cancelled', async (to) => after(await ready(to), 'reembed cancel m1'), 'cancelled', errorCodes['wrong-state'].exitCode],
];

test.each(cases)('status --watch of a migration that %s ends by how that ended', async (_, make, phase, exit) => {
  const on = await make(shell);
  const answer = await on.type('reembed status m1 --watch');
  expect([(await on.load()).phase, answer.exit]).toEqual([phase, exit]);
  expect(answer.out).toMatch(new RegExp(`^phase +${phase},`, 'm'));
});

test('with --json it is a line for each event, then the migration, then the error where there is one', async () => {
  const on = await of('stopped by provider-unauthorized')(shell);
  const { out } = await on.type('reembed status m1 --watch --json');
  const lines = out.split('\n').map((line) => JSON.parse(line) as { type?: string; error?: { code: string } });
  expect(lines.slice(-2)).toMatchObject([{ type: 'migration' }, { error: { code: 'provider-unauthorized' } }]);
});
