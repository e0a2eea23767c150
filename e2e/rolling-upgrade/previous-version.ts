import { execFileSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The commit before this one, or that of `REEMBED_TEST_PREVIOUS`, as its processes are built; or why it cannot be. */
export type PreviousVersion = { readonly build: string; readonly remove: () => void } | { readonly missing: string };

export function buildPreviousVersion(): PreviousVersion {
  const wanted = process.env.REEMBED_TEST_PREVIOUS ?? 'HEAD~1';
  const commit = tryGit('rev-parse', '--verify', '--quiet', `${wanted}^{commit}`)?.trim();
  if (commit === undefined) return { missing: `there is no ${wanted} here: a checkout without history` };
  const [installed, wantedThen] = [
    packagesOf(readFileSync(join(root, 'package-lock.json'), 'utf8')),
    packagesOf(git('show', `${commit}:package-lock.json`)),
  ];
  const other = Object.keys(wantedThen).find((name) => installed[name] !== wantedThen[name]);
  if (other !== undefined) return { missing: `${wanted} wants another ${other} than is installed` };
  const dir = mkdtempSync(join(tmpdir(), 'reembed-previous-'));
  const archive = execFileSync('git', ['archive', commit], { cwd: root, maxBuffer: 2 ** 28 });
  execFileSync('tar', ['-x', '-C', dir], { input: archive });
  linkPackages(dir);
  execFileSync(process.execPath, [join(dir, 'scripts/bundle.ts')], { cwd: dir });
  return { build: join(dir, '.build'), remove: () => rmSync(dir, { recursive: true, force: true }) };
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] });
}

function tryGit(...args: readonly string[]): string | undefined {
  try {
    return git(...args);
  } catch {
    return undefined;
  }
}

/** Versions by where they are installed; workspaces aside. */
function packagesOf(lock: string): Record<string, string | undefined> {
  const { packages } = JSON.parse(lock) as { packages: Record<string, { version?: string; link?: true }> };
  return Object.fromEntries(
    Object.entries(packages).flatMap(([path, { version, link }]) => (path.includes('node_modules/') && !link ? [[path, version]] : [])),
  );
}

/** What is installed here, but for the workspaces, which are those of the other version. */
function linkPackages(dir: string): void {
  mkdirSync(join(dir, 'node_modules/@reembed'), { recursive: true });
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== '@reembed') symlinkSync(join(root, 'node_modules', name), join(dir, 'node_modules', name));
  for (const name of readdirSync(join(root, 'node_modules/@reembed'))) {
    const workspace = ['packages', 'apps', '.'].map((folder) => join(dir, folder, name)).find((path) => existsSync(path));
    if (workspace !== undefined) symlinkSync(workspace, join(dir, 'node_modules/@reembed', name));
  }
  for (const nested of globSync('{{packages,apps}/*,e2e,bench}/node_modules', { cwd: root }))
    if (existsSync(join(dir, dirname(nested)))) symlinkSync(join(root, nested), join(dir, nested));
}
