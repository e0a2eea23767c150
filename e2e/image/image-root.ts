import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8').replaceAll('\\\n', ' ');

/** The image's root file system, made by the stages of the Dockerfile without an engine, and processes in it. */
export type ImageRoot = AsyncDisposable & {
  readonly dir: string;
  /** Starts a process as the image says: its ENTRYPOINT, its user, nothing that can be written but /tmp. `entry`: another one. */
  start(args: readonly string[], env: Readonly<Record<string, string>>, entry?: readonly string[]): ChildProcess;
};

/** Whether this machine lets a test have a root of its own: as root, where namespaces of mounts are allowed. */
export const canHaveRoots = process.getuid?.() === 0 && spawnSync('unshare', ['--mount', 'true']).status === 0;

/** Builds it as `docker build` does, with this machine's Debian and the Node of the tests in place of the base image. */
export async function buildImageRoot(): Promise<ImageRoot> {
  const dir = await mkdtemp(join(tmpdir(), 'reembed-image-'));
  await chmod(dir, 0o755);
  await promisify(execFile)(process.execPath, [join(root, 'scripts/build-image-app.ts'), join(dir, 'app')], { cwd: root });
  // The command of the stage `root`, where the Node of the tests stands as in the base image. Nobody else sees that.
  const command = (instruction('RUN', /root-fs/) ?? '').replaceAll('/root-fs', dir);
  const node = `mount -t tmpfs none /usr/local/bin && cp ${JSON.stringify(process.execPath)} /usr/local/bin/node`;
  await promisify(execFile)('unshare', ['--mount', 'bash', '-euc', `${node} && ${command}`]);
  const said: Record<string, string> = Object.fromEntries((instruction('ENV') ?? '').split(' ').map((pair) => pair.split('=')));
  return {
    dir,
    start(args, env, entry = JSON.parse(instruction('ENTRYPOINT') ?? '[]') as string[]) {
      const [uid, gid] = (instruction('USER') ?? '').split(':');
      const readOnly = `mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && mount -t tmpfs none "$0/tmp" && cd "$0"`;
      const asUser = `exec setpriv --no-new-privs chroot --userspec=${uid}:${gid} "$0" /usr/local/bin/"$@"`;
      return spawn('unshare', ['--mount', 'bash', '-euc', `${readOnly} && ${asUser}`, dir, ...entry, ...args], {
        env: { ...said, ...env, PATH: process.env.PATH ?? '' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    },
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  };
}

/** What the last such line of the Dockerfile says. */
function instruction(word: string, about = /^/): string | undefined {
  const lines = dockerfile.split('\n').filter((line) => line.startsWith(`${word} `) && about.test(line));
  return lines.at(-1)?.slice(word.length + 1);
}
