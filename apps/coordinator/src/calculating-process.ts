import { calculations } from '@reembed/core';
import type { ToCalculation } from './calculating/forked-calculate.ts';
import { startedBy } from './processes/started-by.ts';

/** The entry of a process that makes one calculation: it is handed parts, some at a time, then told what to make of them, and answers with the result. */

const parts: unknown[] = [];
const { tell } = startedBy<ToCalculation, unknown>((told) => {
  if ('parts' in told) {
    parts.push(...told.parts);
    return;
  }
  const calculation = calculations.find(({ name }) => name === told.name);
  if (calculation === undefined) throw new Error(`nothing is calculated by the name ${told.name}`);
  tell({ result: calculation.of(told.given as never, parts as never) });
});
