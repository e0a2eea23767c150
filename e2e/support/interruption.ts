import { z } from 'zod';

/**
 * Where a process is to be interrupted: before or after the n-th call of a port's method whose arguments, as JSON, match `args`.
 * `kill` is SIGKILL by its own hand. `stop` is SIGSTOP: it goes on when the test sends SIGCONT, and sends what it had decided to send whatever
 * it has been told meanwhile, as a request that was on the wire would. `hold` waits for the test's word, and everything else goes on.
 */
export type Interruption = {
  readonly at: 'before' | 'after';
  /** `collections.pointAlias`. */
  readonly act: string;
  /** The source of a regular expression; default: any. */
  readonly args?: string;
  /** Which matching call, from 1, which is the default. */
  readonly nth?: number;
  readonly how: 'kill' | 'stop' | 'hold';
};

/** What an interrupted process tells the test: that it stands there, and how the call ended that was stopped or held before. */
export type Report = { readonly hit: string } | { readonly ended: string };

const plan = z.array(
  z.object({
    at: z.enum(['before', 'after']),
    act: z.string(),
    args: z.string().default(''),
    nth: z.int().positive().default(1),
    how: z.enum(['kill', 'stop', 'hold']),
  }),
);
type Planned = z.infer<typeof plan>[number];

export const interruptionsVariable = 'REEMBED_E2E_INTERRUPTIONS';

type Call = (...args: unknown[]) => unknown;

/** The same ports, interrupted as the environment says. For the mains of test processes: the apps know nothing of it. */
export function interrupted<Ports extends object>(ports: Ports): Ports {
  const planned = plan.parse(JSON.parse(process.env[interruptionsVariable] ?? '[]'));
  // Whatever is not interrupted stays itself: a Map among the ports would not survive being copied.
  const isMeant = (name: string) => planned.some(({ act }) => act.startsWith(`${name}.`));
  const wrap = (name: string, port: unknown) => (isPort(port) && isMeant(name) ? interruptedPort(name, port, planned) : port);
  const wrapped = Object.entries(ports).map(([name, port]) => {
    // Another way to the same points: what is meant is the act, whichever way it takes.
    if (name === 'binary' && isPort(port))
      return [name, { ...port, points: wrap('points', port.points), carrier: wrap('points', port.carrier) }] as const;
    return [name, wrap(name, port)] as const;
  });
  return Object.fromEntries(wrapped) as Ports;
}

function isPort(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function interruptedPort(port: string, methods: Record<string, unknown>, planned: readonly Planned[]): Record<string, unknown> {
  const wrapped = Object.entries(methods).map(([method, call]) => {
    const mine = planned.filter(({ act }) => act === `${port}.${method}`);
    return [method, mine.length === 0 ? call : interruptedCall(call as Call, mine)] as const;
  });
  return { ...methods, ...Object.fromEntries(wrapped) };
}

function interruptedCall(call: Call, planned: readonly Planned[]): Call {
  const seen = new Map<Planned, number>();
  const met = (at: Planned['at'], text: string): Planned | undefined =>
    planned.find((one) => {
      if (one.at !== at || !new RegExp(one.args).test(text)) return false;
      seen.set(one, (seen.get(one) ?? 0) + 1);
      return seen.get(one) === one.nth;
    });
  return async (...args) => {
    const text = JSON.stringify(args);
    const before = met('before', text);
    if (before !== undefined) {
      await interrupt(before, text);
      return reported(call(...(before.how === 'stop' ? deafTo(args) : args)));
    }
    const result = await call(...args);
    const after = met('after', text);
    if (after !== undefined) await interrupt(after, text);
    return result;
  };
}

async function interrupt({ at, act, nth, how }: Planned, args: string): Promise<void> {
  const told = how === 'hold' ? released() : Promise.resolve();
  await report({ hit: `${at} ${act} #${nth} ${args.slice(0, 200)}` });
  if (how === 'kill') process.kill(process.pid, 'SIGKILL');
  if (how === 'stop') process.kill(process.pid, 'SIGSTOP');
  await told;
}

function released(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.on('message', (message: { release?: boolean }) => {
    if (message.release) resolve();
  });
  return promise;
}

/** Without abort signals: what was decided is sent. */
function deafTo(args: readonly unknown[]): unknown[] {
  return args.map((arg) => (arg instanceof AbortSignal ? undefined : arg));
}

async function reported(result: unknown): Promise<unknown> {
  try {
    const value = await result;
    await report({ ended: 'ok' });
    return value;
  } catch (error) {
    await report({ ended: error instanceof Error && 'code' in error ? String(error.code) : String(error) });
    throw error;
  }
}

/** Resolves once the message is in the parent's channel, so that what comes after cannot swallow it. */
function report(message: Report): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  process.send?.(message, undefined, {}, (error: Error | null) => (error ? reject(error) : resolve()));
  return promise;
}
