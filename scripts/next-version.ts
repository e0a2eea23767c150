import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Gives every package the version that the files of `.changeset` ask for, and moves their texts into the one CHANGELOG.md: changesets itself
 * writes one for each package, where a reader would have to look fourteen times.
 */
type Planned = {
  readonly changesets: readonly { readonly summary: string }[];
  readonly releases: readonly { readonly name: string; readonly newVersion: string }[];
};

const planned = readPlan();
const version = planned.releases.find(({ name }) => name === 'reembed')?.newVersion;
if (version === undefined) throw new Error('no file in .changeset names "reembed": npx changeset');
const texts = planned.changesets.map(({ summary }) => `- ${summary.trim().replaceAll('\n', '\n  ')}`);
const changelog = readFileSync('CHANGELOG.md', 'utf8');
writeFileSync(
  'CHANGELOG.md',
  changelog.replace('# Changelog\n', () => `# Changelog\n\n## ${version}\n\n${texts.join('\n')}\n`),
);
run('npx', ['changeset', 'version']);
run('npm', ['pkg', 'set', `version=${version}`]);
run('npm', ['install', '--package-lock-only']);

function readPlan(): Planned {
  const dir = mkdtempSync(join(tmpdir(), 'reembed-changes-'));
  try {
    run('npx', ['changeset', 'status', `--output=${join(dir, 'plan.json')}`]);
    return JSON.parse(readFileSync(join(dir, 'plan.json'), 'utf8')) as Planned;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function run(command: string, args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'inherit' });
}
