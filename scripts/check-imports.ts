import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { fileURLToPath } from 'node:url';

/**
 * Holds the architecture's tables of import directions, `contracts <- core <- adapters <- apps` and the layers inside workspaces, against every import in
 * the repository, and finds circles of files and of folders. Prints each breach with its file and ends with 1; `node scripts/check-imports.ts`.
 */

/** The workspaces that the sources of a workspace may import. Adapters never import each other. */
const mayImport: Readonly<Record<string, readonly string[] | 'any'>> = {
  'packages/contracts': [],
  'packages/core': ['packages/contracts'],
  'packages/process': ['packages/contracts', 'packages/core'],
  'packages/qdrant': ['packages/contracts', 'packages/core'],
  'packages/queue': ['packages/contracts', 'packages/core'],
  'packages/embedders': ['packages/contracts', 'packages/core'],
  'packages/learned-maps': ['packages/contracts', 'packages/core'],
  'packages/report': ['packages/contracts', 'packages/core'],
  'packages/qdrant-local': [],
  'packages/client': ['packages/contracts', 'packages/core', 'packages/process', 'packages/qdrant', 'packages/embedders'],
  'apps/gateway': [
    'packages/contracts',
    'packages/core',
    'packages/process',
    'packages/qdrant',
    'packages/embedders',
    'packages/learned-maps',
    'packages/client',
    'packages/queue',
  ],
  'apps/worker': [
    'packages/contracts',
    'packages/core',
    'packages/process',
    'packages/qdrant',
    'packages/queue',
    'packages/embedders',
    'packages/learned-maps',
  ],
  'apps/coordinator': [
    'packages/contracts',
    'packages/core',
    'packages/process',
    'packages/qdrant',
    'packages/queue',
    'packages/embedders',
    'packages/learned-maps',
    'packages/report',
  ],
  'apps/cli': 'any',
  'packages/testkit': 'any',
  'packages/simulation': ['packages/contracts', 'packages/core', 'packages/qdrant'],
  e2e: 'any',
  bench: 'any',
};

/**
 * The folders of a workspace's `src/` from the ground up: a file may import its own folder and the rows before, types too. What stands beside the folders
 * imports all.
 */
const layers: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'packages/core': [
    ['domain'],
    ['ports'],
    ['recipes'],
    ['quality', 'plan', 'ranges'],
    ['gates', 'scale'],
    ['stages'],
    ['requantize', 'trial', 'commands', 'doctor'],
  ],
  'packages/report': [['page'], ['charts'], ['sections']],
  'apps/cli': [['terminal'], ['inputs'], ['api'], ['fleet'], ['commands']],
  'packages/qdrant-local': [
    ['api'],
    ['json'],
    ['points', 'vectors'],
    ['text'],
    ['filter', 'config'],
    ['storage'],
    ['operations', 'query'],
    ['routes'],
    ['server'],
    ['replay'],
  ],
};

/** Vendors that one workspace isolates: everybody else goes through it. */
const vendors: readonly { readonly packages: RegExp; readonly owner: string }[] = [
  { packages: /^@qdrant\//, owner: 'packages/qdrant' },
  { packages: /^(bullmq|ioredis)$/, owner: 'packages/queue' },
  { packages: /^(@bull-board\/.*|jose|rate-limiter-flexible)$/, owner: 'apps/coordinator' },
  { packages: /^(openai|cohere-ai|@energetic-ai\/.*|@huggingface\/.*|gpt-tokenizer|murmurhash)$/, owner: 'packages/embedders' },
  { packages: /^(@tensorflow\/.*|ml-matrix)$/, owner: 'packages/learned-maps' },
  { packages: /^echarts$/, owner: 'packages/report' },
];

/** Tests may import what they test against; what exists only for tests and measurements counts as one. */
const forTests =
  /\.test\.ts$|\.fixture\.ts$|vitest\.config\.ts$|^packages\/(testkit|simulation)\/|^e2e\/|^bench\/|^packages\/[^/]+\/(scripts|bench)\//;

/** Core is pure: time, ids and abort signals come in as arguments. */
const coreMayImport = /^(node:crypto|node:util|@reembed\/contracts)$/;
const impure: readonly RegExp[] = [
  /\bset(Timeout|Interval|Immediate)\b/,
  /\bprocess\./,
  /\bfetch\(/,
  /\bDate\.now\b/,
  /\bnew Date\(\)/,
  /\bperformance\./,
  /\bMath\.random\b/,
  /\bconsole\./,
];

/** What runs from source and would not once it is built and published. */
const unbuildable: readonly { readonly pattern: RegExp; readonly wayOut: string }[] = [
  { pattern: /new URL\('[^'\n]+\.ts'/, wayOut: 'the built file ends in .js; end the name in import.meta.url.slice(-3)' },
  { pattern: /\b(Async)?DisposableStack\b/, wayOut: 'Node 22, which published code runs on too, has none; `await using` does without' },
];

type Manifest = {
  readonly name: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
};
type Workspace = { readonly folder: string; readonly manifest: Manifest; readonly files: readonly string[] };

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8');
const rootManifest = JSON.parse(read('package.json')) as Manifest & { readonly workspaces: readonly string[] };

const workspaces = findWorkspaces();
const folderOf = new Map(workspaces.map(({ folder, manifest }) => [manifest.name, folder]));
const breaches = workspaces.flatMap(checkWorkspace);
for (const breach of breaches) console.error(breach);
if (breaches.length > 0) process.exitCode = 1;

function findWorkspaces(): Workspace[] {
  const manifests = rootManifest.workspaces.flatMap((pattern) => globSync(`${pattern}/package.json`, { cwd: root }));
  return manifests.toSorted().map((path) => {
    const folder = path.slice(0, -'/package.json'.length);
    const files = globSync(`${folder}/**/*.{ts,js}`, { cwd: root, exclude: (name) => /(^|\/)(node_modules|fixtures|dist)$/.test(name) });
    return { folder, manifest: JSON.parse(read(path)) as Manifest, files: files.filter((file) => !file.endsWith('.d.ts')).toSorted() };
  });
}

function checkWorkspace(workspace: Workspace): string[] {
  const { folder } = workspace;
  if (mayImport[folder] === undefined) return [`${folder}: is not in the table of scripts/check-imports.ts; say there what it may import`];
  const sources = workspace.files.map((file) => ({ file, code: withoutComments(read(file)) }));
  const found = sources.flatMap(({ file, code }) => {
    const names = importsOf(code);
    const wrong = names.flatMap((name) => checkImport(workspace, file, name));
    const built = workspace.manifest.scripts?.build === undefined ? [] : checkBuildable(file, code);
    return [...wrong, ...built, ...checkPurity(file, code, names), ...checkLayer(folder, file, names)].map(
      (problem) => `${file}: ${problem}`,
    );
  });
  const all = sources.map(({ code }) => code).join('\n');
  return [...found, ...circles(sources), ...unused(workspace, all)];
}

type Source = { readonly file: string; readonly code: string };
type Arrow = { readonly from: string; readonly to: string };

/** Files and folders that import each other at run time, in whatever number of steps. A package's index only passes on what others hold. */
function circles(sources: readonly Source[]): string[] {
  const files = sources.filter(({ file }) => !forTests.test(file) && !file.endsWith('/src/index.ts')).flatMap(arrowsOf);
  const folders = files.map(({ from, to }) => ({ from: dirname(from), to: dirname(to) }));
  return [...circlesIn(files), ...circlesIn(folders.filter(({ from, to }) => from !== to))].map(
    (circle) => `a circle at run time: ${circle.join(' -> ')}`,
  );
}

function arrowsOf({ file, code }: Source): Arrow[] {
  const imports = /^(?:import|export)\s+(?!type\b)(?:(\{[^}]*\}|[^'{]*?)\s*from\s+)?'(\.[^'\n]+)'/gm;
  return [...code.matchAll(imports)].flatMap(([, names = '', target = '']) =>
    onlyTypes(names) ? [] : [{ from: file, to: join(dirname(file), target) }],
  );
}

function onlyTypes(names: string): boolean {
  const listed = names
    .replaceAll(/[{}]/g, '')
    .split(',')
    .map((name) => name.trim());
  return names !== '' && listed.every((name) => name === '' || name.startsWith('type '));
}

/** Strongly connected components of more than one node (Tarjan 1972), each as it is walked. */
function circlesIn(arrows: readonly Arrow[]): string[][] {
  const next = Map.groupBy(arrows, ({ from }) => from);
  const found: string[][] = [];
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const visit = (node: string): number => {
    order.set(node, order.size);
    lowest.set(node, order.get(node) ?? 0);
    open.push(node);
    for (const { to } of next.get(node) ?? []) {
      if (!order.has(to)) visit(to);
      if (open.includes(to)) lowest.set(node, Math.min(lowest.get(node) ?? 0, lowest.get(to) ?? 0));
    }
    if (lowest.get(node) === order.get(node)) {
      const circle = open.splice(open.indexOf(node));
      if (circle.length > 1) found.push(circle);
    }
    return lowest.get(node) ?? 0;
  };
  for (const node of next.keys()) if (!order.has(node)) visit(node);
  return found;
}

/** A workspace's layers: what a file imports, types included, stands in its own folder or in a lower row. */
function checkLayer(workspace: string, file: string, names: readonly string[]): string[] {
  const rows = layers[workspace];
  const folder = sourceFolder(workspace, file);
  if (rows === undefined || folder === null || forTests.test(file)) return [];
  const row = rows.findIndex((layer) => layer.includes(folder));
  if (row < 0) return [`${folder}/ is in no layer of ${workspace}: say in scripts/check-imports.ts where it stands`];
  return names.flatMap((name) => {
    const other = name.startsWith('.') ? sourceFolder(workspace, join(dirname(file), name)) : null;
    if (other === null || other === folder || rows.slice(0, row).some((layer) => layer.includes(other))) return [];
    return [`${folder}/ may not import ${name}: ${rows.map((layer) => layer.join(', ')).join(' <- ')}`];
  });
}

/** `recipes` of `packages/core/src/recipes/keep-recipe.ts`; null for what stands beside the folders, or outside of `src/`. */
function sourceFolder(workspace: string, file: string): string | null {
  const sources = `${workspace}/src/`;
  if (!file.startsWith(sources)) return null;
  const [folder = '', ...rest] = file.slice(sources.length).split('/');
  return rest.length === 0 ? null : folder;
}

function checkImport({ folder, manifest }: Workspace, file: string, name: string): string[] {
  if (name.startsWith('node:')) return [];
  if (name.startsWith('.'))
    return leaves(folder, file, name) ? [`${name} leads out of ${folder}; import the other workspace by its name`] : [];
  const imported = packageOf(name);
  const test = forTests.test(file);
  const declared = { ...runtimeOf(manifest), ...(test ? { ...manifest.devDependencies, ...rootManifest.devDependencies } : {}) };
  const known = declared[imported] !== undefined || imported === manifest.name || (test && isCircle(manifest.name, imported));
  const where = test ? 'dependencies or devDependencies' : 'dependencies';
  return [
    ...(known ? [] : [`${imported} is not in the ${where} of ${folder}/package.json`]),
    ...(test ? [] : checkDirection(folder, imported)),
  ];
}

/** Optional ones count: who imports them has to say what happens where they are not installed. */
function runtimeOf({ dependencies, optionalDependencies, peerDependencies }: Manifest): Readonly<Record<string, string>> {
  return { ...dependencies, ...optionalDependencies, ...peerDependencies };
}

/** What testkit is built on cannot name it as a devDependency: turbo refuses the circle. */
function isCircle(name: string, imported: string): boolean {
  const testkit = workspaces.find(({ folder }) => folder === 'packages/testkit')?.manifest;
  return imported === testkit?.name && testkit.dependencies?.[name] !== undefined;
}

function checkDirection(folder: string, imported: string): string[] {
  const other = folderOf.get(imported);
  const allowed = mayImport[folder] ?? [];
  if (other !== undefined) {
    const fine = other === folder || (allowed === 'any' ? other !== 'packages/testkit' : allowed.includes(other));
    return fine ? [] : [`${folder} may not import ${imported} (contracts <- core <- adapters <- apps)`];
  }
  const vendor = vendors.find(({ packages }) => packages.test(imported));
  return vendor === undefined || vendor.owner === folder ? [] : [`only ${vendor.owner} may import ${imported}`];
}

function checkBuildable(file: string, code: string): string[] {
  if (forTests.test(file)) return [];
  return unbuildable.flatMap(({ pattern, wayOut }) => (pattern.exec(code) ?? []).slice(0, 1).map((what) => `${what}: ${wayOut}`));
}

function checkPurity(file: string, code: string, names: readonly string[]): string[] {
  if (!file.startsWith('packages/core/src/') || forTests.test(file)) return [];
  const foreign = names.filter((name) => !name.startsWith('.') && !coreMayImport.test(name));
  const used = impure.flatMap((pattern) => pattern.exec(code)?.[0] ?? []);
  return [
    ...foreign.map((name) => `core imports nothing but contracts, node:crypto and node:util, and this imports ${name}`),
    ...used.map((what) => `core is pure: ${what} has to come in as an argument`),
  ];
}

/** A name in quotes is use enough: an app may start another one's file by its package. Types are in no import. */
function unused({ folder, manifest }: Workspace, code: string): string[] {
  const idle = Object.keys(runtimeOf(manifest)).filter(
    (name) => !code.includes(`'${name}'`) && !code.includes(`'${name}/`) && !name.startsWith('@types/'),
  );
  return idle.map((name) => `${folder}/package.json: ${name} is a dependency, and nothing there names it`);
}

function importsOf(code: string): string[] {
  const pattern = /\bfrom\s+'([^'\n]+)'|\bimport\s+'([^'\n]+)'|\bimport\('([^'\n]+)'\)|\brequire(?:\.resolve)?\('([^'\n]+)'\)/g;
  return [...code.matchAll(pattern)].flatMap((match) => match.slice(1).filter((name) => name !== undefined));
}

/** `@scope/name/deep/path` gives `@scope/name`. */
function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

function leaves(folder: string, file: string, name: string): boolean {
  return !new URL(name, `file:///${file}`).pathname.startsWith(`/${folder}/`);
}

/** Good enough for files that a formatter has been over: a comment stands on a line of its own or ends one. */
function withoutComments(code: string): string {
  return code.replace(/^\s*\/\*[\s\S]*?\*\//gm, '').replace(/(^|\s)\/\/.*$/gm, '');
}
