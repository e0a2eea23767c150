import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { languages } from '../how-to/application.ts';

export type Payload = { readonly title: string; readonly body: string; readonly seen: number };

/** What an application saw. `torn`: requests whose connection broke, sent again to another gateway; `stored`: what it was told is there, by id. */
export type Seen = {
  readonly searches: number;
  readonly writes: number;
  readonly torn: number;
  readonly failed: readonly string[];
  readonly mixed: readonly string[];
  readonly stored: Readonly<Record<string, Payload | null>>;
};

/** An application that searches all the while, and writes while it is told to: `say` ends once it has done so, with no write under way that was begun before. */
export type Application = AsyncDisposable & { say(word: 'writes on' | 'writes off'): Promise<void>; stop(): Promise<Seen> };

/** Starts one: `args` as its source says. */
export function startApplication(language: keyof typeof languages, args: readonly unknown[]): Application {
  const file = fileURLToPath(new URL(`./applications/application.${language === 'python' ? 'py' : 'ts'}`, import.meta.url));
  const child = spawn(languages[language].command(), [file, ...args.map((arg) => JSON.stringify(arg))], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const [errors, ended] = [text(child.stderr), once(child, 'close')];
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answerTo = async (word: string): Promise<string> => {
    child.stdin.write(`${word}\n`);
    const answer = await answers.next();
    if (answer.done === true) throw new Error(`the application in ${language} ended: ${await errors}`);
    return answer.value;
  };
  return {
    async say(word) {
      await answerTo(word);
    },
    async stop() {
      return JSON.parse(await answerTo('stop')) as Seen;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
