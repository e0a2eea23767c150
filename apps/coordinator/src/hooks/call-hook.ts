import { execFile } from 'node:child_process';
import { type HookMessage, quoteForeign } from '@reembed/contracts';
import type { HookConfig, ReachOut } from '@reembed/embedders';
import { answerText } from './answer-text.ts';
import { signedHeaders } from './signed-headers.ts';

export type HookAccess = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly reachOut: Pick<ReachOut, 'post'>;
};

/** What came of one attempt, in words; what the hook itself said is for admins. */
export type HookAnswer = { readonly ok: boolean; readonly answer: string };

/** Longest part of a hook's own words that is kept, in characters. */
const shownChars = 300;

/** Tells a hook once: 2xx, or exit code 0, says that it took the message. `id` is the same for each attempt. */
export async function callHook(access: HookAccess, hook: HookConfig, id: string, message: HookMessage): Promise<HookAnswer> {
  try {
    return hook.command === undefined ? await post(access, hook, id, message) : await run(access, hook, hook.command, message);
  } catch (error) {
    return { ok: false, answer: error instanceof Error ? error.message : String(error) };
  }
}

async function post({ env, reachOut }: HookAccess, hook: HookConfig, id: string, message: HookMessage): Promise<HookAnswer> {
  const url = hook.url ?? '';
  const body = JSON.stringify(message);
  const headers = signedHeaders(hook, { url, env, body, id, namedBy: `hooks (${hook.name})` });
  const answer = await reachOut.post(url, { headers, body, signal: AbortSignal.timeout(hook.timeoutMs) });
  const said = await answerText(answer);
  if (answer.ok) return { ok: true, answer: `answered ${answer.status}` };
  const redirected = answer.status >= 300 && answer.status < 400 ? ', and redirects are not followed' : '';
  return { ok: false, answer: `answered ${answer.status}${redirected}${quoted(said)}` };
}

function run({ env }: HookAccess, hook: HookConfig, [program = '', ...args]: readonly string[], message: HookMessage): Promise<HookAnswer> {
  const passed = ['PATH', 'HOME', ...hook.passEnv].flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]]));
  const options = { env: Object.fromEntries(passed), timeout: hook.timeoutMs, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 } as const;
  return new Promise((resolve) => {
    const child = execFile(program, args, options, (error, _stdout, stderr) => {
      if (error === null) return resolve({ ok: true, answer: 'ended with 0' });
      const how = error.killed ? `did not end within ${hook.timeoutMs} ms` : `ended with ${error.code ?? error.signal ?? 'an error'}`;
      return resolve({ ok: false, answer: `${how}${quoted(stderr)}` });
    });
    // One that does not read its input is none the worse.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(JSON.stringify(message));
  });
}

function quoted(said: string): string {
  const words = said.trim().slice(0, shownChars);
  return words === '' ? '' : `: ${quoteForeign(words)}`;
}
