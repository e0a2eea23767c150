import { startChild } from './start-child.ts';

/** A local Qdrant in a process of its own; what it holds is gone when it stops. */
export async function startQdrant(options: {
  readonly port: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly err: (line: string) => void;
}): Promise<AsyncDisposable & { readonly url: string; readonly ended: Promise<string> }> {
  const main = new URL(`./qdrant-main${import.meta.url.slice(-3)}`, import.meta.url);
  const onLog = ({ level, text }: { level: number | null; text: string }) => {
    if (level === 50) options.err(`Qdrant: ${text}`);
  };
  const child = await startChild({ name: 'local Qdrant', main, args: [String(options.port)], env: options.env, onLog });
  return { url: child.ready, ended: child.ended, [Symbol.asyncDispose]: () => child.stop() };
}
