import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelledQuery, Qrel } from '@reembed/contracts';

export type Text = { readonly id: string; readonly text: string };

/** A corpus with judged queries, in BEIR's form: corpus.jsonl, queries.jsonl, qrels.tsv. */
export type DataSet = {
  readonly name: string;
  /** `whole`: the text before it is cut to what models are given. */
  readonly corpus: readonly (Text & { readonly whole: string })[];
  readonly queries: readonly LabelledQuery[];
  readonly qrels: readonly Qrel[];
};

/** Of these sets only the first words of each document are embedded: small models on a processor are slow, and results are published so. */
const firstWords: Readonly<Record<string, number>> = { cranfield: 60 };

/** Every set in a folder. */
export async function readDataSets(folder: string): Promise<DataSet[]> {
  const names = (await readdir(folder)).filter((name) => existsSync(join(folder, name, 'qrels.tsv')));
  return Promise.all(names.sort().map((name) => readDataSet(join(folder, name), name)));
}

async function readDataSet(folder: string, name: string): Promise<DataSet> {
  const words = firstWords[name] ?? Number.POSITIVE_INFINITY;
  const [all = [], queries = []] = await Promise.all(['corpus', 'queries'].map((file) => readTexts(join(folder, `${file}.jsonl`))));
  // Cranfield has two documents without text; a migration would set them aside.
  const corpus = all.filter(({ text }) => text.trim() !== '');
  const [, ...lines] = (await readFile(join(folder, 'qrels.tsv'), 'utf8')).trimEnd().split('\n');
  const qrels = lines.map((line) => {
    const [query = '', document = '', relevance] = line.split('\t');
    return { query, document, relevance: Number(relevance) };
  });
  return {
    name: Number.isFinite(words) ? `${name}, first ${words} words` : name,
    corpus: corpus.map(({ id, text }) => ({ id, text: cut(text, words), whole: text })),
    queries,
    qrels,
  };
}

async function readTexts(file: string): Promise<Text[]> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line) => {
    const { _id, text } = JSON.parse(line) as { _id: string | number; text: string };
    return { id: String(_id), text };
  });
}

function cut(text: string, words: number): string {
  return text.trim().split(/\s+/).length <= words ? text : text.trim().split(/\s+/).slice(0, words).join(' ');
}
