import { spawn } from 'node:child_process';

/** Ends processes that would outlive a test that was killed itself; a stopped one would sleep for ever. */
export type ProcessGuard = Disposable & {
  watch(pid: number): void;
  /** The process has ended: its number may be somebody else's by now. */
  forget(pid: number): void;
};

/** A shell that reads which processes there are; when this process ends, however it ends, its input closes and it kills them. */
const script = `
  pids=' '
  while read -r word pid; do
    case $word in
      watch) pids="$pids$pid " ;;
      forget) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
    esac
  done
  kill -9 $pids 2>/dev/null`;

export function startProcessGuard(): ProcessGuard {
  const shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.unref();
  shell.stdin.on('error', () => undefined);
  return {
    watch: (pid) => void shell.stdin.write(`watch ${pid}\n`),
    forget: (pid) => void shell.stdin.write(`forget ${pid}\n`),
    [Symbol.dispose]: () => void shell.kill('SIGKILL'),
  };
}
