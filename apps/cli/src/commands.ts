import type { Command as Act } from '@reembed/contracts';
import type { Command } from 'commander';
import type { Cli } from './terminal/host.ts';

/** Gives a command its description, its options and what it does. */
export type Define = (command: Command, cli: Cli) => void;

/** A command as the help lists it, and where the rest of it is: that is loaded only when it is asked for, so that the help is quick. */
export type Entry = readonly [usage: string, summary: string, load: () => Promise<Define>];

const act = async (name: Act) => (await import('./commands/acts.ts')).defineAct(name);

/** Every command under the heading of its group, in the order in which somebody comes to need them. */
export const commands: Readonly<Record<string, readonly Entry[]>> = {
  'To look around:': [
    [
      'demo [options]',
      'watch a migration from an old to a new model, on this machine alone',
      async () => (await import('./commands/demo/run-demo.ts')).defineDemo,
    ],
    ['dev [options]', 'everything at once, for development', async () => (await import('./commands/dev.ts')).defineDev],
    [
      'completion <shell>',
      'make bash, zsh or fish complete commands',
      async () => (await import('./commands/completion.ts')).defineCompletion,
    ],
    ['models', 'list the models known here', async () => (await import('./commands/models.ts')).defineModels],
  ],
  'Before a migration:': [
    [
      'init [options] [collection]',
      'write a spec for a collection, to begin with',
      async () => (await import('./commands/init.ts')).defineInit,
    ],
    [
      'plan [options] [spec]',
      'say what a spec would do, cost and need, beside other roads; writes nothing',
      async () => (await import('./commands/plan.ts')).definePlan,
    ],
    [
      'trial [options] <specs...>',
      'try candidates on one sample before paying for all: is it worth it',
      async () => (await import('./commands/trial.ts')).defineTrial,
    ],
    [
      'doctor [options] [collection]',
      'say what is wrong with servers and models, or with a collection; only reads',
      async () => (await import('./commands/doctor.ts')).defineDoctor,
    ],
    [
      'adapter',
      'fit, show and export learned maps for the recipe `project`',
      async () => (await import('./commands/adapter.ts')).defineAdapter,
    ],
  ],
  'Migrations and other changes of a collection:': [
    [
      'run [options] <spec>',
      'run a whole migration: starts what is missing, ends when it is ready',
      async () => (await import('./commands/run.ts')).defineRun,
    ],
    ['submit [options] <spec>', 'give a spec to the running coordinator', async () => (await import('./commands/run.ts')).defineSubmit],
    [
      'backfill [options] <collection>',
      'give points of a collection the named vector they lack',
      async () => (await import('./commands/backfill.ts')).defineBackfill,
    ],
    [
      'requantize [options] <collection>',
      'change how vectors are quantized, in place, and measure what that costs searches',
      async () => (await import('./commands/requantize.ts')).defineRequantize,
    ],
    [
      'adopt [options] <target>',
      'go on with the migration that a target tells of',
      async () => (await import('./commands/run.ts')).defineAdopt,
    ],
  ],
  'A migration under way:': [
    ['list', 'list the migrations of the running coordinator', async () => (await import('./commands/status.ts')).defineList],
    ['dead-letters', 'list jobs that nobody can work on, with why', async () => (await import('./commands/status.ts')).defineDeadLetters],
    ['hooks', 'list what hooks were told, and what came of it', async () => (await import('./commands/hooks.ts')).defineHooks],
    ['status [options] <id>', 'show a migration, or follow it', async () => (await import('./commands/status.ts')).defineStatus],
    ['tune [options] <id>', 'change how fast it goes, and what it may use', async () => (await import('./commands/tune.ts')).defineTune],
    ['pause [options] <id>', 'stop writing, and rest', () => act('pause')],
    ['resume [options] <id>', 'go on where it stopped', () => act('resume')],
    ['cancel [options] <id>', 'end it; source and alias stay as they are', () => act('cancel')],
    ['verify [options] <id>', 'compare both sides and measure the gates once more', () => act('verify')],
    ['switch [options] <id>', 'compare once more, then move the alias', () => act('switch')],
    ['rollback [options] <id>', 'take the alias back', () => act('rollback')],
    ['complete [options] <id>', 'end it, and delete the old collection', () => act('complete')],
    [
      'discard [options] <id>',
      'delete what remains of one that came to nothing',
      async () => (await import('./commands/discard.ts')).defineDiscard,
    ],
  ],
  'What it found:': [
    [
      'compare [options] <id> <queries...>',
      'ask the old and the new collection the same queries',
      async () => (await import('./commands/report.ts')).defineCompare,
    ],
    [
      'report [options] <id>',
      'show a report: verdict, gates, cost, settings; --html for people',
      async () => (await import('./commands/report.ts')).defineReport,
    ],
    [
      'fusion [options] <id>',
      'show which way to fuse lists of candidates finds most; --write puts it into the spec',
      async () => (await import('./commands/fusion.ts')).defineFusion,
    ],
    [
      'failures [options] <id>',
      'list points that are set aside, with their reasons',
      async () => (await import('./commands/failures-and-late-writes.ts')).defineFailures,
    ],
    [
      'retry [options] <id> [points...]',
      'try points that are set aside again',
      async () => (await import('./commands/failures-and-late-writes.ts')).defineSettle('retry'),
    ],
    [
      'accept [options] <id> [points...]',
      'accept that points are missing, as long as their payload stays as it is',
      async () => (await import('./commands/failures-and-late-writes.ts')).defineSettle('accept'),
    ],
    [
      'late-writes [options] <id>',
      'writes that came while the alias moved: list, insert or accept them',
      async () => (await import('./commands/failures-and-late-writes.ts')).defineLateWrites,
    ],
  ],
  'Who may do what:': [
    ['token [options] <name>', 'make a token for a person or a program', async () => (await import('./commands/token.ts')).defineToken],
    ['audit [options]', 'who did what, from where and when', async () => (await import('./commands/audit.ts')).defineAudit],
  ],
  'What it needs:': [
    ['alias', 'list, make and delete aliases', async () => (await import('./commands/alias.ts')).defineAlias],
    [
      'worker [options]',
      'run a worker; any number of them, on any machine',
      async () => (await import('./commands/processes.ts')).defineWorker,
    ],
    [
      'coordinator [options]',
      'run a coordinator: API, Bull Board, stages',
      async () => (await import('./commands/processes.ts')).defineCoordinator,
    ],
    [
      'gateway [options]',
      'run a gateway: Qdrant’s API for applications, through a change of model',
      async () => (await import('./commands/processes.ts')).defineGateway,
    ],
    ['mcp [options]', 'serve coding agents: plan, status, report, doctor', async () => (await import('./commands/mcp.ts')).defineMcp],
    [
      'qdrant [options]',
      'run a local Qdrant, for development: everything in memory',
      async () => (await import('./commands/processes.ts')).defineQdrant,
    ],
  ],
};
