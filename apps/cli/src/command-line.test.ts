import { readFileSync } from 'node:fs';
import { errorCodes } from '@reembed/contracts';
import { createQdrantCollections } from '@reembed/qdrant';
import { startTestQdrant } from '@reembed/testkit';
import { CommanderError, Help } from 'commander';
import { expect, test } from 'vitest';
import { createProgram, exitCodesText } from './command-line.ts';
import { runInProcess as run, startCli } from './start-cli.fixture.ts';
import { createOutlet } from './terminal/host.ts';

/** A port where nobody listens: the discard service is long gone. */
const nobody = 'http://127.0.0.1:9';

test('help ends with 0 and documents the exit codes', async () => {
  const { exit, out } = await run(['--help']);
  expect(exit).toBe(0);
  for (const word of ['demo', 'dev', 'run', 'plan', 'switch', 'Exit codes', 'plan-blocked']) expect(out).toContain(word);
});

test('it says its version, which is that of its package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  expect(await run(['--version'])).toEqual({ exit: 0, out: version, err: '' });
});

test('the help names every error code', () => {
  for (const code of Object.keys(errorCodes)) expect(exitCodesText()).toContain(code);
});

const silent = createOutlet(
  {
    ...{ env: {}, out: () => {}, err: () => {}, terminal: null, colours: { out: false, err: false } },
    signal: new AbortController().signal,
  },
  false,
);

test('every command says in a line of its own kind what it is for', async () => {
  const program = createProgram(silent);
  const faulty = program.commands.filter((command) => !/^[^A-Z].{5,88}[^.]$/.test(command.summary()));
  expect(faulty.map((command) => command.name())).toEqual([]);
});

test.each(createProgram(silent).commands.map((command) => command.name()))(
  'the help lists %s with the arguments that it takes',
  async (name) => {
    const program = createProgram(silent);
    await expect(program.parseAsync([name, '--help'], { from: 'user' })).rejects.toThrow(CommanderError);
    const command = program.commands.find((one) => one.name() === name) ?? program;
    expect(program.createHelp().subcommandTerm(command)).toBe(new Help().subcommandTerm(command));
  },
);

test('help shows a command as --help does, and ends with 2 where there is none of the name', async () => {
  expect(await run(['help', 'run'])).toEqual(await run(['run', '--help']));
  expect((await run(['help', 'run'])).out).toContain('--workers <n>');
  expect((await run(['help', 'nothing'])).exit).toBe(2);
});

test('a reader that goes away, as head does, ends it quietly', async () => {
  const { child, ended, stderr } = startCli(['--help']);
  child.stdout?.destroy();
  expect([await ended, stderr()]).toEqual([0, '']);
});

test.each([[['no-such-command']], [['run']], [['run', 'a.yaml', '--no-such-option']], [['demo', '--points', 'many']]])(
  '%j is wrong use and ends with 2',
  async (args) => expect((await run(args)).exit).toBe(2),
);

test('unknown options are named all at once, with the help of the command they were given to', async () => {
  const { exit, err } = await run(['run', 'a.yaml', '--fast', '--workres=3', '--verbose']);
  expect([exit, err]).toEqual([2, "error: unknown options '--fast', '--workres'\n(`reembed run --help` says more)"]);
  expect((await run(['adapter', 'fit', '--fast'])).err).toContain('(`reembed adapter fit --help` says more)');
  expect((await run(['run', 'a.yaml', '--workres', '3'])).err).toContain('Did you mean --workers?');
});

test.each([
  [['run', 'nowhere.yaml'], 'invalid-spec'],
  [['run'], 'invalid-request'],
  [['run', 'a.yaml', '--fast', '--slow'], 'invalid-request'],
  [['no-such-command'], 'invalid-request'],
  [['pause', 'm1'], 'coordinator-unreachable'],
])('with --json the error of %j is one document on stdout, and a line on stderr', async (args, code) => {
  const { out, err, exit } = await run([...args, '--json'], { REEMBED_URL: nobody });
  expect(exit).toBe(errorCodes[code as keyof typeof errorCodes].exitCode);
  expect(JSON.parse(out)).toEqual({ error: expect.objectContaining({ code, message: expect.any(String) }) });
  expect(err).not.toBe('');
});

test('a spec file that is not there ends with 2 before anything is started', async () => {
  expect(await run(['run', 'nowhere.yaml'])).toMatchObject({ exit: 2, err: expect.stringContaining('nowhere.yaml does not exist') });
});

test('where no Qdrant answers, run says how to come to one', async () => {
  const spec = new URL('../../../examples/side-by-side.yaml', import.meta.url).pathname;
  const { exit, err } = await run(['run', spec], { QDRANT_URL: nobody });
  expect(exit).toBe(7);
  for (const way of [nobody, 'QDRANT_URL', 'reembed qdrant', 'reembed dev']) expect(err).toContain(way);
});

test('where no coordinator answers, a command says how to come to one', async () => {
  const { exit, err } = await run(['pause', 'm1'], { REEMBED_URL: nobody });
  expect(exit).toBe(8);
  for (const way of [nobody, 'REEMBED_URL', 'reembed dev', 'reembed coordinator']) expect(err).toContain(way);
});

test('a faulty setting is named, with its rule', async () => {
  const { exit, err } = await run(['alias', 'list'], { QDRANT_URL: 'not a url' });
  expect(exit).toBe(2);
  expect(err).toMatch(/QDRANT_URL.*not a url/);
});

test('models are listed, for people and as a document', async () => {
  expect((await run(['models'])).out).toContain('local/use-lite');
  expect(JSON.parse((await run(['models', '--json'])).out)).toMatchObject({
    models: expect.arrayContaining([expect.objectContaining({ model: 'hash/256' })]),
  });
});

test('an alias is made, is not re-pointed without a word, and goes', async () => {
  await using qdrant = await startTestQdrant();
  const collections = createQdrantCollections({ url: qdrant.url, requestTimeoutMs: 10_000 });
  const env = { QDRANT_URL: qdrant.url };
  const [one, two, alias] = ['one', 'two', 'alias'].map(qdrant.collectionName) as [string, string, string];
  for (const name of [one, two]) await collections.create(name, { vectors: { size: 4, distance: 'Dot' } });
  const pointsAt = async () => (await collections.aliases()).get(alias);

  expect(await run(['alias', 'create', alias, 'nothing'], env)).toMatchObject({ exit: 4 });
  expect(await run(['alias', 'create', two, one], env)).toMatchObject({ exit: 7 });
  expect(await run(['alias', 'create', alias, one], env)).toMatchObject({ exit: 0 });
  expect(await run(['alias', 'create', alias, two], env)).toMatchObject({ exit: 7, err: expect.stringContaining(one) });
  expect(await pointsAt()).toBe(one);
  expect(await run(['alias', 'create', alias, two, '--force'], env)).toMatchObject({ exit: 0 });
  expect(await pointsAt()).toBe(two);
  expect(JSON.parse((await run(['alias', 'list', '--json'], env)).out).aliases).toContainEqual({ alias, collection: two });
  expect(await run(['alias', 'delete', alias], env)).toMatchObject({ exit: 0 });
  expect(await run(['alias', 'delete', alias], env)).toMatchObject({ exit: 4 });
});

test('an act on a migration nobody knows says where it was looked for', async () => {
  await using qdrant = await startTestQdrant();
  const { exit, err } = await run(['switch', 'm123'], { QDRANT_URL: qdrant.url, REEMBED_URL: '' });
  expect(exit).toBe(4);
  expect(err).toContain('m123');
});
