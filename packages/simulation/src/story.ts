import type { Phase } from '@reembed/contracts';
import { type Checks, type ChecksOptions, createChecks } from './checks/checks.ts';
import { createInPlaceChecks } from './checks/in-place-checks.ts';
import type { Scheduler } from './engine/scheduler.ts';
import type { Plot } from './scenario.ts';
import { type ApplicationOptions, startApplication } from './users/application.ts';
import { startMeddler } from './users/meddler.ts';
import { type OperatorOptions, startOperator } from './users/operator.ts';
import type { Meddling } from './users/writes.ts';
import type { WholeState } from './world/whole-state.ts';

export type StoryOptions = Pick<ChecksOptions, 'now' | 'qdrant' | 'report' | 'isUndisturbed' | 'isKept'> &
  Pick<ApplicationOptions, 'caller' | 'withPrice' | 'onWrite'> &
  Pick<OperatorOptions, 'random' | 'coordinator' | 'other' | 'onDefect' | 'tell'> & {
    readonly scheduler: Scheduler;
    readonly plot: Plot;
    /** What is known of this migration. */
    readonly state: WholeState;
    readonly meddling: readonly Meddling[];
    readonly onPhase?: (phase: Phase) => void;
  };

export type Story = ReturnType<typeof createStory>;

/** One migration with all who have to do with it: its application, who says words about it, who meddles with it, and what is promised of it. */
export function createStory(options: StoryOptions) {
  const { scheduler, qdrant, plot, state, onDefect, tell } = options;
  const { spec, goal, acceptLateWrites, writes } = plot;
  const began: ((phase: Phase) => void)[] = [];
  const checks: Checks = (spec.target.inPlace ? createInPlaceChecks : createChecks)({
    ...options,
    ...{ redis: state, spec, acceptLateWrites },
    onPhase(phase) {
      for (const tellPhase of began) tellPhase(phase);
      options.onPhase?.(phase);
    },
  });
  const application = startApplication({ ...options, name: plot.isSecond ? 'application of the second' : 'application', writes });
  began.push(application.began);
  let operator: ReturnType<typeof startOperator> | null = null;
  const current = () => state.newest();

  return {
    plot,
    checks,
    application,
    current,
    /** From here on people act. */
    begin(): void {
      if (operator !== null) return;
      const meddler = startMeddler({
        ...{ scheduler, qdrant, redis: state, spec, goal, tell },
        acts: options.meddling,
        onAlias: checks.movedByHand,
        onTargetGone: checks.targetGone,
        onMadeAnew: checks.madeAnew,
      });
      began.push(meddler.began);
      operator = startOperator({
        ...options,
        ...{ redis: state, spec, goal, acceptLateWrites, onDefect, beginsAt: plot.begins.at },
        putAliasBack: meddler.putAliasBack,
        onComplete: checks.saidComplete,
      });
    },
    calm(): void {
      application.stop();
      operator?.calm();
    },
    /** Where it is, and why it is nowhere else. */
    inWords: () => current()?.phase ?? 'nothing is known of it',
    why: () => current()?.waiting?.reason ?? current()?.error?.message ?? 'no reason is given',
    /** It is where it was to get, and has said so. One that never began, or whose source went before, has nowhere to get to. */
    isHome(): boolean {
      if (operator === null) return true;
      const now = current();
      const mayBegin = now === undefined || now.phase === 'cancelled';
      if (mayBegin && plot.isSecond && !qdrant.store.all.has(spec.source.collection)) return true;
      return operator.isThere(now) && now?.announced === now?.phaseNumber;
    },
  };
}
