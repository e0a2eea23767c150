import { hash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AdapterFile, type AdapterHeader, adapterFileSchema, fileNameSchema } from '@reembed/contracts';
import { type LearnedMaps, type Projection, ReembedError, vectorFromBase64, vectorToBase64 } from '@reembed/core';
import { z } from 'zod';
import { type AffineMap, holdMap } from './affine-map.ts';
import { openLinearAlgebra } from './linear-algebra.ts';

export type Adapter = { readonly header: AdapterHeader; readonly map: AffineMap };

/** What a fit says of itself; the map's sizes and its `normalise` stand in the map. */
export type Provenance = Omit<AdapterHeader, 'format' | 'sha256' | 'normalise'>;

/** Writes an adapter whole or not at all, over one that is there. Answers its header. */
export async function saveAdapter(path: string, provenance: Provenance, map: AffineMap): Promise<AdapterHeader> {
  const { kernel } = map;
  const numbers = {
    ...(kernel === undefined ? {} : { kernel: { width: kernel.width, landmarks: vectorToBase64(kernel.landmarks) } }),
    ...{ offset: vectorToBase64(map.offset), matrix: vectorToBase64(map.matrix) },
  };
  const unsigned = { format: 2 as const, ...provenance, normalise: map.normalise, sha256: '0'.repeat(64), ...numbers };
  // Parsing brings the keys into the schema's order, which the hash is over.
  const file = adapterFileSchema.parse(unsigned);
  const signed = { ...file, sha256: sha256Of(file) };
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, `${JSON.stringify(signed)}\n`);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return headerOf(signed);
}

/** Reads an adapter. Throws `invalid-adapter` where the file is missing, malformed, damaged, or holds numbers that are none. */
export async function loadAdapter(path: string): Promise<Adapter> {
  const file = parse(path, await read(path));
  const { from, to, normalise, sha256 } = file;
  if (sha256Of(file) !== sha256) throw invalid(path, 'was changed or damaged since it was written: its SHA-256 differs');
  const map: AffineMap = {
    from: from.dimensions,
    to: to.dimensions,
    matrix: vectorFromBase64(file.matrix),
    offset: vectorFromBase64(file.offset),
    normalise,
    ...kernelOf(path, file),
  };
  checkLength(path, 'matrix', map.matrix, rowsOf(map) * map.to);
  checkLength(path, 'offset', map.offset, map.to);
  return { header: headerOf(file), map };
}

/** Throws `invalid-adapter` where kernel and kind do not agree, or the landmarks are no whole vectors. */
function kernelOf(path: string, { kind, kernel, from }: AdapterFile): Pick<AffineMap, 'kernel'> {
  if ((kind === 'kernel') !== (kernel !== undefined))
    throw invalid(path, `says ${kind}, and ${kernel === undefined ? 'has no kernel' : 'has a kernel'}`);
  if (kernel === undefined) return {};
  const landmarks = vectorFromBase64(kernel.landmarks);
  checkLength(path, 'landmarks', landmarks, Math.max(1, Math.round(landmarks.length / from.dimensions)) * from.dimensions);
  return { kernel: { landmarks, width: kernel.width } };
}

/** Rows of a map's matrix. */
function rowsOf({ from, kernel }: AffineMap): number {
  return kernel === undefined ? from : kernel.landmarks.length / from;
}

/** The adapters in the directory that REEMBED_FILES names. Each map is read once a process; what could not be read is tried again. */
export function createAdapterFiles(filesDir: string): LearnedMaps {
  const held = new Map<string, Promise<Projection>>();
  return {
    header: async (name) => (await loadAdapter(adapterPath(filesDir, name))).header,
    projection(name, sha256) {
      const known = held.get(sha256) ?? loadProjection(filesDir, name, sha256);
      held.set(sha256, known);
      known.catch(() => held.delete(sha256));
      return known;
    },
  };
}

async function loadProjection(filesDir: string, name: string, sha256: string): Promise<Projection> {
  const [{ header, map }, algebra] = await Promise.all([loadAdapter(adapterPath(filesDir, name)), openLinearAlgebra()]);
  if (header.sha256 !== sha256) {
    throw new ReembedError(
      'adapter-changed',
      `${name} in ${filesDir} of this process has SHA-256 ${header.sha256}, and the migration was planned with ${sha256}: put the planned file there and resume, or plan a new migration into another collection`,
    );
  }
  return holdMap(algebra, map).apply;
}

/** The path of an adapter that a spec names. Throws `invalid-adapter` for a name that leads elsewhere. */
export function adapterPath(filesDir: string, name: string): string {
  const parsed = fileNameSchema.safeParse(name);
  if (!parsed.success) throw new ReembedError('invalid-adapter', `adapter ${JSON.stringify(name)} ${parsed.error.issues[0]?.message}`);
  return join(filesDir, name);
}

function headerOf({ offset: _offset, matrix: _matrix, kernel: _kernel, ...header }: AdapterFile): AdapterHeader {
  return header;
}

function sha256Of({ sha256: _sha256, ...rest }: AdapterFile): string {
  return hash('sha256', JSON.stringify(rest));
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const absent = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw invalid(
      path,
      absent ? 'does not exist: make it (`reembed adapter fit --help` says how), or copy it there' : 'cannot be read',
      cause,
    );
  }
}

function parse(path: string, text: string): AdapterFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid(path, 'is no JSON: it may have been cut short', cause);
  }
  const parsed = adapterFileSchema.safeParse(value);
  if (!parsed.success) throw invalid(path, `is no adapter file: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function checkLength(path: string, field: string, values: Float32Array, expected: number): void {
  if (values.length !== expected) throw invalid(path, `has ${values.length} numbers in its ${field}, not ${expected}`);
  if (!values.every(Number.isFinite)) throw invalid(path, `has a number in its ${field} that is not finite`);
}

function invalid(path: string, what: string, cause?: unknown): ReembedError {
  return new ReembedError('invalid-adapter', `adapter ${path} ${what}`, { cause });
}
