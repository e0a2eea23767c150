import { runCli } from './command-line.ts';
import { listenForInterrupts } from './terminal/interrupt.ts';

const interrupts = listenForInterrupts(process);
const exitCode = await runCli(process.argv.slice(2), {
  env: process.env,
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  terminal: process.stdout.isTTY ? process.stdout : null,
  colours: { out: wantsColours(process.stdout), err: wantsColours(process.stderr) },
  signal: interrupts.signal,
});
// `reembed worker` and `reembed coordinator` set it themselves, at their end.
if (exitCode !== 0) process.exitCode = exitCode;
interrupts.stop();

/** As the terminal and NO_COLOR say. */
function wantsColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.hasColors();
}
