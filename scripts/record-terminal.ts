import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/**
 * Writes docs/terminal.svg: the tutorial's commands as they are typed and what they really say, on a local Qdrant of their own. Lines appear one
 * after the other; where a viewer moves nothing, all of them stand there.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const reembed = join(root, 'apps/cli/bin/reembed.js');
const [width, lineHeight, longest] = [880, 19, 104];
const texts = ['Green tea is not fermented.', 'A sailing boat needs wind.', 'Bread rises because of yeast.'];

const folder = await mkdtemp(join(tmpdir(), 'reembed-recording-'));
const qdrant = spawn(process.execPath, [reembed, 'qdrant', '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
try {
  const url = /http:\S+/.exec(String((await once(qdrant.stdout, 'data'))[0]))?.[0] ?? '';
  await makeCollection(url);
  const env = { PATH: process.env.PATH ?? '', QDRANT_URL: url };
  const run = async (...args: string[]) => (await promisify(execFile)(process.execPath, [reembed, ...args], { cwd: folder, env })).stdout;
  await run('alias', 'create', 'docs', 'docs_v1');
  const spec = await run('init', 'docs', '--yes', '--new-model', 'local/use-lite');
  await writeFile(join(folder, 'spec.yaml'), spec);
  const [copied, switched, aliases] = [
    await run('run', 'spec.yaml'),
    await run('run', 'spec.yaml', '--switch'),
    await run('alias', 'list'),
  ];
  const kept = (text: string, wanted: RegExp) => text.split('\n').filter((line) => wanted.test(line));
  await writeFile(
    join(root, 'docs/terminal.svg'),
    svg([
      '$ npx reembed init docs --yes --new-model local/use-lite > spec.yaml',
      ...kept(spec, /points; vectors|payloads are those|^ {2}"": \{ embed/),
      '$ npx reembed run spec.yaml',
      ...kept(copied, /^(copying|indexing|verifying|ready| {2}(copy|compared|gates: fid).*)/),
      '$ npx reembed run spec.yaml --switch',
      ...kept(switched, /^(switching|observing| {2}compared.*|Next: readers.*)/),
      '$ npx reembed alias list',
      aliases.trim(),
    ]),
  );
} finally {
  qdrant.kill();
  await rm(folder, { recursive: true });
}

async function makeCollection(url: string): Promise<void> {
  const put = (path: string, body: object) =>
    fetch(url.replace(/\/$/, '') + path, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  await put('/collections/docs_v1', { vectors: { size: 4, distance: 'Cosine' } });
  const points = texts.map((text, at) => ({ id: at + 1, vector: [1, at, 0, 0], payload: { page_content: text, metadata: {} } }));
  await put('/collections/docs_v1/points?wait=true', { points });
}

function svg(lines: readonly string[]): string {
  const height = lines.length * lineHeight + 40;
  const rows = lines.map((line, at) => {
    const typed = line.startsWith('$ ');
    const text = line.length > longest ? `${line.slice(0, longest)}…` : line;
    return `<text x="18" y="${(at + 1) * lineHeight + 18}" class="${typed ? 'typed' : 'said'}" style="animation-delay:${(at * 0.35).toFixed(2)}s">${escaped(text)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="A migration in a terminal">
<style>
text { font: 13px ui-monospace, Menlo, Consolas, monospace; white-space: pre; animation: appear 0.2s both }
.typed { fill: #7ee787 } .said { fill: #c9d1d9 }
@keyframes appear { from { opacity: 0 } to { opacity: 1 } }
@media (prefers-reduced-motion: reduce) { text { animation: none } }
</style>
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${rows.join('\n')}
</svg>
`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
