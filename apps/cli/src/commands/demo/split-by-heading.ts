/** A piece of a Markdown document: the headings that lead to it, and plain text of at most `maxWords` words. */
export type Section = { readonly headings: readonly string[]; readonly text: string };

/** Shorter pieces say too little to be found. */
const minWords = 12;

/** Cuts Markdown at its headings, and long sections at the ends of sentences. Code, tables, pictures and markup are left out. */
export function splitByHeading(markdown: string, maxWords: number): Section[] {
  const sections: Section[] = [];
  let headings: string[] = [];
  let prose: string[] = [];
  const flush = () => {
    for (const text of piecesOf(prose, maxWords)) sections.push({ headings, text });
    prose = [];
  };
  for (const line of proseLines(markdown)) {
    const heading = /^(#{1,6})\s+(.+?)\s*#*$/.exec(line);
    if (heading === null) {
      prose.push(plainText(line));
      continue;
    }
    flush();
    const depth = heading[1]?.length ?? 1;
    headings = [...headings.slice(0, depth - 1), plainText(heading[2] ?? '')].filter((title) => title !== '');
  }
  flush();
  return sections;
}

function proseLines(markdown: string): string[] {
  const lines: string[] = [];
  let fence: string | null = null;
  const underlined = /^(?!\s*$)(.+)\r?\n(?:={3,}|-{3,})\s*$/gm;
  for (const line of markdown
    .replace(/<!--[\s\S]*?-->/g, '')
    .replace(underlined, '## $1')
    .split(/\r?\n/)) {
    const mark = /^\s*(```|~~~)/.exec(line)?.[1];
    if (mark !== undefined && (fence === null || fence === mark)) fence = fence === null ? mark : null;
    else if (fence === null && !/^(\s*\||\s{4,}\S|\[[^\]]+\]:)/.test(line)) lines.push(line);
  }
  return lines;
}

function plainText(line: string): string {
  return line
    .replace(/!\[[^\]]*\](\([^)]*\)|\[[^\]]*\])?/g, '')
    .replace(/\[([^\]]*)\](\([^)]*\)|\[[^\]]*\])?/g, '$1')
    .replace(/https?:\/\/\S+/g, '')
    .replace(/\[?!?\[[^\]]*\]\(/g, '')
    .replace(/<[^>]+>/g, '')
    .replace(/^\s*([-*+>]|\d+\.)\s+/, '')
    .replace(/[*_`]{1,3}/g, '')
    .replace(/&[a-z]+;/g, ' ')
    .trim();
}

/** Whole sentences as long as they fit; a sentence that is longer alone is cut. */
function piecesOf(prose: readonly string[], maxWords: number): string[] {
  const sentences = prose
    .join(' ')
    .replace(/\s+/g, ' ')
    .trim()
    .split(/(?<=[.!?:])\s+/);
  const pieces: string[][] = [];
  for (const words of sentences.map((sentence) => sentence.split(' ').slice(0, maxWords))) {
    const last = pieces.at(-1);
    if (last !== undefined && last.length + words.length <= maxWords) last.push(...words);
    else pieces.push(words);
  }
  return pieces.filter((words) => words.length >= minWords && words.every((word) => word.length < 60)).map((words) => words.join(' '));
}
