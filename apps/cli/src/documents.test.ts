import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCodes } from '@reembed/contracts';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const documents = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: root, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((file) => existsSync(join(root, file)));
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** As forges make anchors of headings. */
function anchorsOf(text: string): string[] {
  const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
  return headings.map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it.each(documents)('every link of %s leads to a file, and to a heading of it', (file) => {
  const prose = read(file)
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link).filter((link) => !/^[a-z]+:|^\//.test(link));
  const wrong = links.filter((link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : join(dirname(file), path);
    if (!existsSync(join(root, target))) return true;
    return anchor !== undefined && target.endsWith('.md') && !anchorsOf(read(target)).includes(anchor);
  });
  expect(wrong).toEqual([]);
});

it('every page of docs is in the sidebar of the site, and on its first page but for decisions', () => {
  const pages = documents.filter((file) => file.startsWith('docs/') && file !== 'docs/index.md');
  const sidebar = [...read('site/.vitepress/config.js').matchAll(/page\('[^']*', '([^']*)'\)/g)].map(([, path = '']) => `docs${path}.md`);
  expect(sidebar.toSorted()).toEqual(pages.toSorted());
  const linked = [...read('docs/index.md').matchAll(/\]\(([^)#]+\.md)\)/g)].map(([, path = '']) => `docs/${path}`);
  expect(pages.filter((page) => !page.startsWith('docs/adr/') && !linked.includes(page))).toEqual([]);
});

it('the page of troubleshooting quotes words and codes that the code says', () => {
  const page = read('docs/troubleshooting.md');
  const codes = [...page.matchAll(/\[([a-z-]+)\]`/g)].map(([, code = '']) => code);
  expect(codes.filter((code) => !(code in errorCodes))).toEqual([]);
  expect(codes.length).toBeGreaterThan(6);
  const sources = execFileSync('git', ['grep', '-hE', "'|`", '--', 'packages/*/src/*.ts', 'apps/*/src/*.ts', 'apps/cli/bin/*.js'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const rows = [...page.matchAll(/^\| `([^`]+)` \|/gm)].map(([, quoted = '']) => quoted.replace(/ ?\[[a-z-]+\]$/, ''));
  const parts = rows.flatMap((quoted) => quoted.split(/…|http:\/\/|v20|22\.13|"/)).map((part) => part.replace(/^[:;, ]+|[:;, ]+$/g, ''));
  expect(parts.filter((part) => part.length > 3 && !sources.includes(part))).toEqual([]);
});
