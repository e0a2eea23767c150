import { spawn } from 'node:child_process';
import { once } from 'node:events';
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

/** An application that searches and writes all the while. */
export type Application = AsyncDisposable & { stop(): Promise<Seen> };

/** Starts one: `args` as its source says. */
export function startApplication(language: keyof typeof languages, args: readonly unknown[]): Application {
  const file = fileURLToPath(new URL(`./applications/application.${language === 'python' ? 'py' : 'ts'}`, import.meta.url));
  const child = spawn(languages[language].command(), [file, ...args.map((arg) => JSON.stringify(arg))], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const [said, errors, ended] = [text(child.stdout), text(child.stderr), once(child, 'close')];
  return {
    async stop() {
      child.stdin.end();
      await ended;
      const report = await said;
      if (report === '') throw new Error(`the application in ${language} ended: ${await errors}`);
      return JSON.parse(report) as Seen;
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
