import { adoptTarget, command, ReembedError } from '@reembed/core';
import { anotherFleet, docs } from '@reembed/core/fleet.fixture';
import {
  after,
  followed,
  gateStands,
  hookFails,
  hookMended,
  inPlace,
  keyRefused,
  observing,
  odd,
  oneSetAside,
  ready,
  renewed,
  rolledBackOverWrites,
  runOf,
  type Situation,
  tried,
  twoStep,
  until,
  writtenTo,
  wroteLate,
} from './scenes.fixture.ts';

/** Where somebody stands who has to decide something. */
export const situations: Readonly<Record<string, Situation>> = {
  ready: { make: ready, advises: 'reembed switch m1' },
  'ready in place': { make: (shell) => ready(shell, { spec: inPlace }), advises: 'reembed complete m1' },
  'ready with a point set aside': { make: oneSetAside, advises: 'reembed accept m1 --all' },
  paused: { make: async (shell) => after(await until(shell, 'copying'), 'reembed pause m1'), advises: 'reembed resume m1' },
  observing: { make: (shell) => observing(shell), advises: 'reembed complete m1 --confirm docs_v1' },
  'observing with the old vector kept': { make: (shell) => observing(shell, { spec: twoStep }), advises: 'reembed rollback m1' },
  cancelled: { make: async (shell) => after(await ready(shell), 'reembed cancel m1'), advises: 'reembed discard m1 --confirm docs_v2' },
  completed: { make: async (shell) => after(await observing(shell), 'reembed complete m1 --confirm docs_v1'), advises: null },
  'rolled back': { make: async (shell) => after(await observing(shell), 'reembed rollback m1'), advises: 'reembed adopt docs_v2 --again' },
  'rolled back over writes': {
    make: rolledBackOverWrites,
    advises: 'reembed adopt docs_v2 --again --overwrite',
  },
  'rolled back over writes, and taken up again without a word': {
    make: rolledBackOverWrites,
    typed: 'reembed adopt docs_v2 --again',
    advises: 'reembed adopt docs_v2 --again --overwrite',
  },
  'waiting for a worker': {
    make: async (shell) => {
      const on = await shell.fleetOf();
      on.state.fleet.count = 0;
      await on.submit(renewed);
      await on.step();
      return on;
    },
    unattended: true,
    mend: (on) => {
      on.state.fleet.count = 1;
    },
    advises: 'reembed worker',
  },
  'stopped by a provider that refused the key, before it had a target': {
    make: async (shell) => {
      const on = await shell.fleetOf({ embedder: { failures: keyRefused() } });
      await on.submit(renewed);
      await on.settle();
      return on;
    },
    advises: 'reembed resume m1',
  },
  'stopped because a range was given up': {
    make: async (shell) => {
      const on = await shell.fleetOf({ points: docs(2) });
      await on.submit(renewed);
      await on.until('copying');
      on.failures.push(...Array.from({ length: 2_000 }, () => new ReembedError('provider-bad-reply', 'no', { retryAfterMs: 5 })));
      await on.settle();
      return on;
    },
    mend: (on) => on.failures.splice(0),
    advises: 'reembed resume m1',
  },
  'stopped because the source lost many points': {
    make: async (shell) => {
      const on = await ready(shell);
      await on.stores.points.remove(
        'docs_v1',
        docs(30).map(({ id }) => id),
      );
      return followed(on);
    },
    mend: (on) => on.stores.put('docs_v1', docs(30)),
    advises: 'reembed resume m1 --allow-deletes 30',
  },
  'stopped because readers were pointed at the target by hand': {
    make: async (shell) => {
      const on = await ready(shell);
      await on.stores.collections.pointAlias('docs', 'docs_v2');
      return followed(on);
    },
    mend: (on) => on.stores.collections.pointAlias('docs', 'docs_v1'),
    advises: 'reembed switch m1 --made-by-hand',
  },
  'stopped because another alias points at the target': {
    make: async (shell) => {
      const on = await ready(shell);
      await on.stores.collections.pointAlias('preview', 'docs_v2');
      return followed(on);
    },
    mend: (on) => on.stores.collections.dropAlias('preview'),
    advises: 'reembed resume m1',
  },
  'stopped in the switch by a hook that fails': { make: hookFails, mend: hookMended, advises: 'reembed resume m1 --switch' },
  'stopped in the switch, and resumed without a word': {
    make: hookFails,
    mend: hookMended,
    typed: 'reembed resume m1',
    advises: 'reembed resume m1 --switch',
  },
  'stopped in the switch by an alias that was moved elsewhere': {
    make: async (shell) => {
      const on = await ready(shell);
      await on.stores.collections.create('other', { vectors: {} });
      await on.stores.collections.pointAlias('docs', 'other');
      return tried(on, 'reembed switch m1');
    },
    mend: (on) => on.stores.collections.pointAlias('docs', 'docs_v1'),
    advises: 'reembed resume m1 --switch',
  },
  'stopped in the switch after the alias moved, and cancelled': {
    make: async (shell) => {
      const on = await hookFails(shell);
      await on.stores.collections.pointAlias('docs', 'docs_v2');
      hookMended(on);
      return on;
    },
    typed: 'reembed cancel m1',
    advises: 'reembed resume m1 --switch',
  },
  'stopped because its target was deleted': {
    make: async (shell) => {
      const on = await ready(shell);
      await on.stores.collections.drop('docs_v2');
      return followed(on);
    },
    advises: 'reembed cancel m1',
  },
  'paused, and its target deleted': {
    make: async (shell) => {
      const on = await after(await until(shell, 'copying'), 'reembed pause m1');
      await on.stores.collections.drop('docs_v2');
      return on;
    },
    advises: 'reembed cancel m1',
  },
  'cancelled, and its target deleted': {
    make: async (shell) => {
      const on = await after(await ready(shell), 'reembed cancel m1');
      await on.stores.collections.drop('docs_v2');
      return on;
    },
    advises: 'reembed discard m1 --confirm docs_v2',
  },
  'taken over by another fleet': {
    make: async (shell) => {
      const on = await ready(shell);
      await adoptTarget(anotherFleet(on.deps), 'docs_v2', { takeOver: true });
      return followed(on);
    },
    advises: 'reembed adopt docs_v2 --take-over',
  },
  'stopped because the metadata of its target was damaged': {
    make: async (shell) => {
      const on = await ready(shell);
      await on.stores.collections.patch('docs_v2', { metadata: { 'reembed.phase': null } });
      return tried(on, 'reembed verify m1');
    },
    mend: (on) => on.type('reembed adopt docs_v2 --rebuild-metadata'),
    prepares: 'reembed adopt docs_v2 --rebuild-metadata',
    advises: 'reembed adopt docs_v2 --rebuild-metadata',
  },
  'ready, and a gate stands in the way': {
    make: gateStands,
    advises: "reembed switch m1 --override quality --by Ada --reason 'why it may'",
  },
  'ready, a gate stands in the way, and it is switched': { make: gateStands, typed: 'reembed switch m1', advises: 'reembed verify m1' },
  'ready, and its gates were not measured': {
    make: async (shell) => {
      const on = await ready(shell);
      await on.state.migrations.update('m1', (now) => ({ ...now, gates: null }));
      return on;
    },
    typed: 'reembed switch m1',
    advises: 'reembed verify m1',
  },
  'ready with a point set aside, and switched': { make: oneSetAside, typed: 'reembed switch m1', advises: 'reembed accept m1 --all' },
  'observing with late writes': { make: wroteLate, advises: 'reembed late-writes m1 --insert-missing' },
  'observing with late writes, and completed': {
    make: wroteLate,
    typed: 'reembed complete m1 --confirm docs_v1',
    advises: 'reembed late-writes m1 --accept',
  },
  'observing, and completed without a name': {
    make: (shell) => observing(shell),
    typed: 'reembed complete m1',
    advises: 'reembed complete m1 --confirm docs_v1',
  },
  'observing with a rollback that was refused': {
    make: async (shell) => tried(await writtenTo(await observing(shell)), 'reembed rollback m1'),
    advises: 'reembed rollback m1 --lose-writes 1',
  },
  'observing, and its target deleted': {
    make: async (shell) => {
      const on = await observing(shell);
      await on.stores.collections.drop('docs_v2');
      return on;
    },
    advises: 'reembed rollback m1',
  },
  'observing, and its alias moved elsewhere': {
    make: async (shell) => {
      const on = await observing(shell);
      await on.stores.collections.create('docs_v3', { vectors: {} });
      await on.stores.collections.pointAlias('docs', 'docs_v3');
      return on;
    },
    mend: (on) => on.stores.collections.drop('docs_v1'),
    advises: 'reembed complete m1 --confirm docs_v1',
  },
  'observing, and its alias moved back': {
    make: async (shell) => {
      const on = await observing(shell);
      await on.stores.collections.pointAlias('docs', 'docs_v1');
      return on;
    },
    advises: 'reembed rollback m1',
  },
  'cancelled, and discarded without a name': {
    make: async (shell) => after(await ready(shell), 'reembed cancel m1'),
    typed: 'reembed discard m1',
    advises: 'reembed discard m1 --confirm docs_v2',
  },
  'cancelled, and discarded while another migration takes vectors from it': {
    make: async (shell) => {
      const on = await after(await ready(shell), 'reembed cancel m1');
      await on.submit({ ...renewed, target: { ...renewed.target, collection: 'docs_v3' } });
      await on.until('copying', 'm2');
      // Said without the command line, whose fleet would have copied by then.
      await command(on.deps, 'm2', 'pause');
      await on.settle();
      return on;
    },
    typed: 'reembed discard m1 --confirm docs_v2',
    advises: 'reembed cancel m2',
  },
  'ready, and its spec edited in what the target is made of': {
    make: ready,
    typed: runOf({ ...renewed, sync: { hashField: 'h' } }),
    advises: 'reembed cancel m1',
  },
  'ready in place, and a vector edited': {
    make: (shell) => ready(shell, { spec: inPlace }),
    typed: runOf({ ...inPlace, vectors: { new: { embed: { model: 'fake/4', text: 'T {{body}}' } } } }),
    advises: 'reembed cancel m1 --drop-vectors new',
  },
  'cancelled, and adopted': {
    make: async (shell) => {
      const on = await after(await ready(shell), 'reembed cancel m1');
      on.loseRedis();
      return on;
    },
    typed: 'reembed adopt docs_v2',
    advises: 'reembed discard m1 --confirm docs_v2',
  },
  'not known by that name': { make: ready, typed: 'reembed pause m2', advises: 'reembed list' },
  'observing under names that a shell would take apart': {
    make: (shell) => odd(shell),
    advises: String.raw`reembed complete m1 --confirm 'it'\''s $HOME; old'`,
  },
  'rolled back under names that a shell would take apart': {
    make: async (shell) => after(await odd(shell), 'reembed rollback m1'),
    advises: "reembed discard m1 --confirm 'new $1 & more'",
  },
};
