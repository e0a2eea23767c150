import { createHash } from 'node:crypto';
import { type ListedRecord, listedRecordSchema, migrationRecordSchema, type PointId, recordsCollection } from '@reembed/contracts';
import { allPages, type Collections, type Points, type PointText, type Records, ReembedError } from '@reembed/core';
import { atMajority, ensureCollection, idOfWords } from './own-points.ts';
import { orAbsent } from './translate-qdrant-error.ts';

/** Migrations read in one request. */
const batch = 100;

/** A record is two points of one version: what lists show, and the report, which is longer. */
const parts = ['view', 'report'] as const;
type Part = (typeof parts)[number];

/** Records of migrations, in one collection for all of a server: it is made with the first of them. */
export function createQdrantRecords({ collections, points }: { readonly collections: Collections; readonly points: Points }): Records {
  const readPage = (offset: PointId | null) => {
    const filter = { must: [{ key: 'part', match: { value: 'view' } }] };
    const request = { offset, limit: batch, payload: true, vectors: [], filter, ...atMajority };
    return orAbsent(points.scroll(recordsCollection, request), { points: [], next: null });
  };

  async function readPieces(id: string, sha256: string, from: number, to: number): Promise<readonly Piece[]> {
    const pieces: Piece[] = [];
    for (let at = from; at < to; at++) {
      const ids = [pieceId(id, sha256, at)];
      const [found] = await orAbsent(points.retrieve(recordsCollection, { ids, payload: true, vectors: [], ...atMajority }), []);
      if (found !== undefined) pieces.push(JSON.parse(found.payload) as Piece);
    }
    return pieces;
  }

  return {
    async keep({ format, at, view, report }) {
      await ensureCollection(collections, recordsCollection);
      const { id, phaseNumber } = view;
      const fresh = [pointOf(id, 'view', phaseNumber, { format, at, view }), pointOf(id, 'report', phaseNumber, { report })];
      // Decided by the server, in the same step: whoever slept between a look and this write would put back what was.
      await points.upsertWhere(recordsCollection, fresh, { must_not: [{ key: 'phaseNumber', range: { gte: phaseNumber + 1 } }] });
    },
    async load(id) {
      const ids = parts.map((part) => idOfWords(id, part));
      const found = await orAbsent(points.retrieve(recordsCollection, { ids, payload: true, vectors: [], ...atMajority }), []);
      if (found.length === 0) return null;
      const read = migrationRecordSchema.safeParse(Object.assign({}, ...found.map(({ payload }) => JSON.parse(payload))));
      if (read.success) return read.data;
      throw unread(id);
    },
    async list() {
      const records: ListedRecord[] = [];
      for await (const page of allPages(readPage)) records.push(...page.points.flatMap(readView));
      return records.sort((a, b) => (a.view.createdAt < b.view.createdAt ? 1 : -1));
    },
    async keepText(id, sha256, text) {
      await ensureCollection(collections, recordsCollection);
      for (const piece of piecesOf(id, sha256, text)) await points.insertOnly(recordsCollection, [piece]);
    },
    async text(id, sha256) {
      const [first] = await readPieces(id, sha256, 0, 1);
      if (first === undefined) return null;
      const rest = await readPieces(id, sha256, 1, first.of);
      const text = [first, ...rest].map((piece) => piece.text).join('');
      return sha256Of(text) === sha256 ? text : null;
    },
    async forget(id) {
      await orAbsent(points.removeWhere(recordsCollection, { must: [{ key: 'migration', match: { value: id } }] }), undefined);
    },
  };
}

function pointOf(migration: string, part: Part, phaseNumber: number, content: object): PointText {
  return { id: idOfWords(migration, part), payload: JSON.stringify({ migration, part, phaseNumber, ...content }), vectors: {} };
}

/** Of a long text: the characters that one point holds, and how many points there are. */
type Piece = { readonly text: string; readonly of: number };

/** Characters of a piece: past them a request takes long, and some server may refuse it. */
const pieceChars = 500_000;

function piecesOf(migration: string, sha256: string, text: string): PointText[] {
  const cut = cutText(text);
  return cut.map((piece, at) => {
    const payload = JSON.stringify({ migration, part: 'text', sha256, at, text: piece, of: cut.length });
    return { id: pieceId(migration, sha256, at), payload, vectors: {} };
  });
}

/** Never within a character that takes two UTF-16 units. */
function cutText(text: string): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < text.length; from += pieces.at(-1)?.length ?? 0) {
    const piece = text.slice(from, from + pieceChars);
    pieces.push(piece.isWellFormed() ? piece : text.slice(from, from + pieceChars + 1));
  }
  return pieces;
}

function pieceId(migration: string, sha256: string, at: number): PointId {
  return idOfWords(migration, 'text', sha256, String(at));
}

function sha256Of(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function readView({ payload }: PointText): ListedRecord[] {
  const read = listedRecordSchema.safeParse(JSON.parse(payload));
  return read.success ? [read.data] : [];
}

function unread(id: string): ReembedError {
  return new ReembedError(
    'metadata-damaged',
    `what "${recordsCollection}" keeps of migration ${id} was written by another version of reembed, or changed since: read it with that version`,
  );
}
