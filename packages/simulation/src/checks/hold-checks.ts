import type { FreezeHook } from '@reembed/core';
import type { Call } from '../engine/calls.ts';
import type { SimProcess } from '../engine/process.ts';
import type { ChecksOptions } from './checks.ts';

type Asked = Parameters<FreezeHook['hold']>[1];
type Hold = Asked & { readonly by: SimProcess; readonly since: number; readonly until: number };

/** Longer than a request takes: whoever left the switch has had the time to let them go. */
const letGoMs = 2_000;

/** Holds one after another, of a switch that is tried again and again, in ms. */
const longestMs = 60_000;

/** The rules of writers that are held: each holds them by a token of its own, they are let go with the switch, and not for ever held by one after another, and nobody frees another's. */
export function createHoldChecks({ now, qdrant, redis, spec, report, isUndisturbed }: ChecksOptions) {
  let hold: Hold | null = null;
  let leftAt: number | null = null;
  const tokens = new Map<string, SimProcess>();
  const holder = () => redis.documents.get(hold?.migration ?? '');
  const holdsWriters = () => holder()?.phase === 'switching' || holder()?.phase === 'rolling-back';

  function check(): void {
    if (hold === null || now() >= hold.until) return;
    leftAt = holdsWriters() ? null : (leftAt ?? now());
    if (leftAt !== null && now() - leftAt > letGoMs && isUndisturbed())
      report({ rule: 'writers are let go', what: `held by ${hold.by.name} ${now() - leftAt} ms after the switch was left` });
    if (now() - hold.since > longestMs) report({ rule: 'writers are let go', what: `held for ${now() - hold.since} ms without a gap` });
  }

  function onHold(by: SimProcess, asked: Asked): void {
    const other = tokens.get(asked.token) ?? by;
    tokens.set(asked.token, by);
    if (other !== by) report({ rule: 'each holds by a token of its own', what: `${by.name} holds by that of ${other.name}` });
    const since = hold === null || now() > hold.until ? now() : hold.since;
    hold = { ...asked, by, since, until: now() + asked.timeoutMs };
    leftAt = null;
  }

  function onRelease(by: SimProcess, { token }: Pick<Asked, 'token'>): void {
    if (hold?.token !== token) return;
    // Whoever goes on with a switch has taken the hold over before it lets go.
    const { phase, holdToken, holdSeries } = holder() ?? {};
    const stands = phase === 'switching' && holdToken === token && typeof holdSeries === 'string';
    const goesOn = stands && qdrant.store.aliases.get(spec.target.alias ?? '') !== spec.target.collection;
    if (goesOn && now() < hold.until && by !== hold.by && hold.by.state() === 'up')
      report({ rule: 'nobody frees whom another holds', what: `${by.name} lets writers go that ${hold.by.name} holds` });
    hold = null;
  }

  return {
    effect({ process, port, method, args }: Call): void {
      if (port === 'freezeHook' && args[0] !== spec.switch.freeze.url) return;
      if (port === 'freezeHook' && method === 'hold') onHold(process, args[1] as Asked);
      else if (port === 'freezeHook') onRelease(process, args[1] as Asked);
      else check();
    },
  };
}
