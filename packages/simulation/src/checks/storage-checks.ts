import { isDeepStrictEqual } from 'node:util';
import { metadataKeys, readPhase, requantizeMetadataSchema } from '@reembed/contracts';
import type { CollectionInfo } from '@reembed/core';
import type { Call } from '../engine/calls.ts';
import { requestTimeoutMs } from '../scenario.ts';
import { resolve } from '../world/qdrant-server.ts';
import type { ChecksOptions } from './checks.ts';

const quantizationOf = ({ quantizationConfig, vectors }: CollectionInfo) => [
  quantizationConfig,
  Object.values(vectors).map(({ quantization_config: own }) => own),
];

const isNoted = (before: CollectionInfo, info: CollectionInfo) =>
  !isDeepStrictEqual(before.metadata[metadataKeys.requantize], info.metadata[metadataKeys.requantize]);

/** Phases in which a migration has measured its target, or has ended with it. */
const letsBe = new Set(['observing', 'completed', 'rolled-back', 'cancelled']);

/** Between the beginning of a look and what is done by it, in ms. */
const lookMs = 2_000;

const vectorsOf = ({ vectors }: CollectionInfo, at: number) => new Map(Object.keys(vectors).map((name) => [name, at]));

/** The rules of another quantization: what was before is known wherever it was changed, and no migration that measures it is disturbed. */
export function createStorageChecks({ qdrant, now, report }: Pick<ChecksOptions, 'qdrant' | 'now' | 'report'>) {
  const { store } = qdrant;
  /** Since when each collection is worked on. */
  const since = new Map<string, number>();
  /** When each of its vectors was first seen. */
  const cameAt = new Map<string, Map<string, number>>(
    [...store.all.values()].map(({ info }) => [info.name, vectorsOf(info, Number.NEGATIVE_INFINITY)]),
  );
  /** The vectors that whoever last noted what was before saw. */
  const whenNoted = new Map<string, readonly string[]>();

  function check(call: Call, before: CollectionInfo, info: CollectionInfo): void {
    if (isDeepStrictEqual(quantizationOf(before), quantizationOf(info))) return;
    const noted = requantizeMetadataSchema.safeParse(info.metadata[metadataKeys.requantize]);
    // A vector that came after the note, or after the look that it goes by, was nothing before.
    const wanted = whenNoted.get(info.name) ?? Object.keys(info.vectors);
    const isKnown = noted.success && wanted.every((name) => noted.data.vectors[name] !== undefined);
    if (!isKnown) report({ rule: 'what was before a change of quantization is known', what: `${info.name} does not tell it` });
    // One that slept through the beginning of a migration, or in whose looks it fell, cannot be held.
    const began = since.get(info.name);
    if (began === undefined || now() - call.issuedAt > requestTimeoutMs || now() - began < lookMs) return;
    report({ rule: 'what a migration measures keeps its quantization', what: `${info.name} is changed by ${call.process.name}` });
  }

  return {
    effect(call: Call, run: () => Promise<unknown>): Promise<unknown> {
      const name = String(call.args[0]);
      const before = call.method === 'patch' ? resolve(store, name)?.info : undefined;
      const answer = run();
      const info = resolve(store, name)?.info;
      if (before !== undefined && info !== undefined) check(call, before, info);
      if (info !== undefined) noteVectors(info);
      if (before !== undefined && info !== undefined && isNoted(before, info)) whenNoted.set(info.name, seenBy(call, info));
      if (info !== undefined && (call.method === 'patch' || call.method === 'create')) noteWork(info);
      return answer;
    },
  };

  function noteVectors(info: CollectionInfo): void {
    cameAt.set(info.name, new Map([...vectorsOf(info, now()), ...(cameAt.get(info.name) ?? [])]));
  }

  function seenBy({ issuedAt }: Call, { name, vectors }: CollectionInfo): string[] {
    return Object.keys(vectors).filter((vector) => (cameAt.get(name)?.get(vector) ?? 0) < issuedAt - lookMs);
  }

  function noteWork({ name, metadata }: CollectionInfo): void {
    const phase = readPhase(metadata)?.phase;
    if (phase === undefined || letsBe.has(phase)) since.delete(name);
    else if (!since.has(name)) since.set(name, now());
  }
}
