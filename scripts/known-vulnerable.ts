import { spawnSync } from 'node:child_process';

/**
 * `npm run vulnerable`: what is known against the packages that are published with us. Ends with 1 where something is, of high or critical
 * severity; a registry that does not serve `npm audit`, as mirrors do, is said and is no fault.
 */
const { stdout } = spawnSync('npm', ['audit', '--json', '--package-lock-only', '--omit=dev'], { encoding: 'utf8', maxBuffer: 2 ** 26 });
const report = JSON.parse(stdout || '{}') as { vulnerabilities?: Record<string, { severity: string; range: string }>; message?: string };
if (report.vulnerabilities === undefined)
  process.stdout.write(`not looked at: ${report.message ?? 'the registry does not serve npm audit'}\n`);
for (const [name, { severity, range }] of Object.entries(report.vulnerabilities ?? {})) {
  process.stdout.write(`${severity}: ${name} ${range}\n`);
  if (['high', 'critical'].includes(severity)) process.exitCode = 1;
}
