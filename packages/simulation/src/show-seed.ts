import type { Fault } from './engine/faults.ts';
import { type Line, runScenario } from './run-scenario.ts';
import { drawScenario, type Profile, type Scenario } from './scenario.ts';

type ShowOptions = { readonly profile: Profile; readonly all: boolean; readonly print: (line: string) => void };

/** Runs one schedule again and tells its history; where it breaks a promise, a shorter one that breaks the same. Answers whether all is kept. */
export async function showSeed(seed: number, { profile, all, print }: ShowOptions): Promise<boolean> {
  const scenario = drawScenario(seed, profile);
  const run = await runScenario(scenario);
  const [first] = run.violations;
  const shorter = first === undefined || all ? { scenario, faults: run.faults } : await shortened(scenario, run.faults, first.rule);
  const lines: Line[] = [];
  await runScenario(shorter.scenario, { faults: shorter.faults, tell: (line) => lines.push(line) });
  const { spec, goal, points, coordinators, workers, traits } = shorter.scenario;
  print(`seed ${seed}: ${points} points, ${coordinators} coordinator(s), ${workers} worker(s), towards ${goal}; ${traits.join(', ')}`);
  print(
    `vectors ${JSON.stringify(spec.vectors)}, freeze ${spec.switch.freeze.url !== null}, late writes accepted ${scenario.acceptLateWrites}`,
  );
  print(`${shorter.faults.length} of ${run.faults.length} faults, ${shorter.scenario.writes.length} of ${scenario.writes.length} writes`);
  for (const { at, text } of all ? lines : lines.filter(isTelling)) print(`${(at / 1_000).toFixed(3).padStart(9)}  ${text}`);
  if (first === undefined) print('every promise is kept');
  return first === undefined;
}

/** What a person has to read to understand a history. */
const telling =
  /meets|loses|BROKEN|says|told|somebody|calm|application:|pointAlias|dropAlias|\.drop |\.create |insertOnly|updateOnly|updateVectors|points\.remove |freezeHook|signals\.moved/;

function isTelling({ text }: Line): boolean {
  return telling.test(text) && !text.includes('set-aside');
}

type Shorter = { readonly scenario: Scenario; readonly faults: readonly Fault[] };

/** Takes away fault after fault, then write after write, as long as the same rule is broken without it. */
async function shortened(scenario: Scenario, faults: readonly Fault[], rule: string): Promise<Shorter> {
  const breaks = async (tried: Shorter) => (await runScenario(tried.scenario, { faults: tried.faults })).violations[0]?.rule === rule;
  let best: Shorter = { scenario, faults };
  for (const fault of faults.toReversed()) {
    const tried = { ...best, faults: best.faults.filter((one) => one !== fault) };
    if (await breaks(tried)) best = tried;
  }
  for (const write of scenario.writes.toReversed()) {
    const tried = { ...best, scenario: { ...best.scenario, writes: best.scenario.writes.filter((one) => one !== write) } };
    if (await breaks(tried)) best = tried;
  }
  return best;
}
