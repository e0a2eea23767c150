import { coordinatorSettingsSchema } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { runApp } from './run-app.ts';

/** An app that does nothing, in the way the first argument says. */
const how = process.argv[2] ?? '';

await runApp(
  {
    name: 'fixture',
    schema: coordinatorSettingsSchema,
    loadConfig: async () => null,
    start: async () => {
      if (how === 'refuses') throw new ReembedError('redis-unreachable', 'no Redis here');
      if (how === 'breaks') throw new TypeError(`a defect that quotes ${process.env.REEMBED_TOKEN}`);
      const alive = setInterval(() => {}, 1_000);
      if (how === 'starts-slowly') {
        process.stdout.write('starting\n');
        await new Promise((resolve) => process.once('disconnect', resolve));
      }
      return {
        name: 'http://fixture',
        async stop() {
          clearInterval(alive);
          process.stdout.write('stopped\n');
        },
      };
    },
  },
  process.argv.slice(2),
);
