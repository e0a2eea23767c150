import { readFileSync } from 'node:fs';
import { type Command, commands, type Phase, phases } from '@reembed/contracts';
import { buildMigration } from '@reembed/testkit';
import { describe, expect, it } from 'vitest';
import { epochAfter, moved, phaseAfter, possibleCommands, transitions } from './transitions.ts';

const at = '2026-01-02T00:00:00.000Z';
const cartesian = phases.flatMap((phase) => commands.map((command) => [command, phase] as const));

/** Written down once more, by hand: what a person may do in which phase, and where it leads. */
const allowed: Partial<Record<Phase, Partial<Record<Command, Phase>>>> = {
  preparing: { cancel: 'cancelling' },
  copying: { pause: 'pausing', cancel: 'cancelling' },
  indexing: { pause: 'pausing', cancel: 'cancelling' },
  verifying: { pause: 'pausing', cancel: 'cancelling' },
  syncing: { pause: 'pausing', cancel: 'cancelling' },
  ready: { pause: 'pausing', cancel: 'cancelling', verify: 'verifying', switch: 'switching' },
  observing: { rollback: 'rolling-back', complete: 'completing' },
  paused: { resume: 'copying', cancel: 'cancelling' },
  failed: { resume: 'copying', cancel: 'cancelling' },
};

describe('phaseAfter', () => {
  it.each(cartesian)('%s while %s does what the table says', (command, phase) => {
    const resumeTo = phase === 'paused' || phase === 'failed' ? 'copying' : null;
    const migration = buildMigration({ id: 'm-1', phase, resumeTo });
    const to = allowed[phase]?.[command];
    if (to !== undefined) expect(phaseAfter(migration, command)).toBe(to);
    else expect(() => phaseAfter(migration, command)).toThrow(expect.objectContaining({ code: 'wrong-state' }));
    expect(possibleCommands(migration)).toEqual(commands.filter((known) => allowed[phase]?.[known] !== undefined));
  });

  it.each<[Command, Phase, string]>([
    ['switch', 'copying', 'cannot switch migration m-1 while it is copying: possible now: pause, cancel'],
    ['cancel', 'observing', 'cannot cancel migration m-1 while it is observing: possible now: rollback, complete'],
    ['pause', 'switching', 'cannot pause migration m-1 while it is switching: nothing is possible until this phase ends'],
    ['resume', 'completed', 'cannot resume migration m-1 while it is completed: it has ended'],
  ])('says what is possible instead of %s while %s', (command, phase, message) => {
    expect(() => phaseAfter(buildMigration({ id: 'm-1', phase }), command)).toThrow(message);
  });

  it('completes in place what is ready, because nothing is switched there', () => {
    const { spec } = buildMigration();
    const migration = buildMigration({ phase: 'ready', spec: { ...spec, target: { ...spec.target, inPlace: true } } });
    expect(possibleCommands(migration)).toEqual(['pause', 'cancel', 'verify', 'complete']);
    expect(phaseAfter(migration, 'complete')).toBe('completing');
    expect(() => phaseAfter(migration, 'switch')).toThrow('possible now: pause, cancel, verify, complete');
  });

  it('does not cancel what failed after the switch', () => {
    const migration = buildMigration({ phase: 'failed', resumeTo: 'rolling-back' });
    expect(possibleCommands(migration)).toEqual(['resume']);
    expect(() => phaseAfter(migration, 'cancel')).toThrow('possible now: resume');
  });
});

describe('moved', () => {
  it.each(phases.flatMap((from) => transitions[from].next.map((to) => [from, to] as const)))('%s to %s counts one phase', (from, to) => {
    const before = buildMigration({ phase: from, phaseNumber: 7, error: { code: 'internal', message: 'x' } });
    expect(moved(before, to, at)).toMatchObject({ phase: to, phaseNumber: 8, updatedAt: at, error: null, waiting: null });
  });

  it.each<[Phase, Phase, Phase | null]>([
    ['copying', 'pausing', 'copying'],
    ['indexing', 'pausing', 'copying'],
    ['verifying', 'pausing', 'copying'],
    ['ready', 'pausing', 'copying'],
    ['preparing', 'failed', 'preparing'],
    ['copying', 'failed', 'copying'],
    ['verifying', 'failed', 'copying'],
    ['switching', 'failed', 'switching'],
    ['copying', 'indexing', null],
    ['paused', 'copying', null],
    ['paused', 'cancelling', null],
  ])('from %s to %s will resume at %s', (from, to, resumeTo) => {
    const before = buildMigration({ phase: from, resumeTo: from === 'paused' ? 'copying' : null });
    expect(moved(before, to, at).resumeTo).toBe(resumeTo);
  });

  it('remembers through the pause where to resume', () => {
    const pausing = moved(buildMigration({ phase: 'copying' }), 'pausing', at);
    const paused = moved(pausing, 'paused', at);
    expect([pausing.resumeTo, paused.resumeTo, phaseAfter(paused, 'resume')]).toEqual(['copying', 'copying', 'copying']);
    expect(moved(pausing, 'failed', at).resumeTo).toBe('copying');
  });

  const pass = { number: 3, kind: 'copy', sourcePoints: 9, startedAt: at } as const;
  it('keeps a copy pass through pause and resume, so that what was covered stays covered', () => {
    const steps: Phase[] = ['pausing', 'paused', 'copying'];
    const after = steps.reduce((migration, to) => moved(migration, to, at), buildMigration({ phase: 'copying', pass, epoch: 1 }));
    expect(after).toMatchObject({ pass, epoch: 2 });
  });

  it.each<[Phase, Phase]>([
    ['copying', 'indexing'],
    ['copying', 'failed'],
    ['failed', 'copying'],
    ['verifying', 'copying'],
  ])('begins a new pass from %s to %s', (from, to) => {
    expect(moved(buildMigration({ phase: from, pass }), to, at).pass).toBeNull();
  });

  it('never takes a comparing pass along', () => {
    const comparing = buildMigration({ phase: 'verifying', pass: { ...pass, kind: 'verify' } });
    expect(moved(comparing, 'pausing', at).pass).toBeNull();
  });

  it('begins a new epoch whenever writing begins', () => {
    const writing: readonly Phase[] = ['copying', 'syncing', 'ready', 'switching', 'observing', 'inserting-late', 'completing'];
    const { spec } = buildMigration();
    for (const to of phases) expect(epochAfter({ epoch: 4, spec }, to)).toBe(writing.includes(to) ? 5 : 4);
    const observe = { reverseSync: true };
    expect(epochAfter({ epoch: 4, spec: { ...spec, observe } }, 'rolling-back')).toBe(5);
  });
});

describe('the table in the comment', () => {
  const source = readFileSync(new URL('./transitions.ts', import.meta.url), 'utf8');
  const rows = [...source.matchAll(/^ \* \| ([a-z-]+) +\| (stage|rest|end) +\| ([^|]*) \| ([^|]*) \|$/gm)];
  const said = rows.map(([, phase = '', kind = '', next = '', words = '']) => [phase, kind, next.trim(), words.trim()]);

  it('says what the code says', () => {
    expect(said).toEqual(
      Object.entries(transitions).map(([phase, { kind, next, commands: words }]) => [
        phase,
        kind,
        next.join(', '),
        commands.filter((command) => words[command] !== undefined).join(', '),
      ]),
    );
  });
});
