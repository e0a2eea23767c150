import { readPhase } from '@reembed/contracts';
import type { Migration, PointText } from '@reembed/core';
import { fakeVector } from '@reembed/testkit/fakes/fake-models';
import type { StoredCollection } from '@reembed/testkit/fakes/memory-store';
import type { Call } from '../engine/calls.ts';
import { ownVector, type Write } from '../users/writes.ts';
import { asMeant, resolve } from '../world/qdrant-server.ts';
import { type Checks, type ChecksOptions, fencesOf } from './checks.ts';
import { byText, changedIds } from './ledger.ts';
import { createVectorLooks } from './vector-looks.ts';

/** What an application last made of a point. */
type Known = {
  /** Texts of which its vector may be: the one it has, and those of before that were edited after a vector was there. */
  texts: string[];
  /** All it ever had: a page that was in hand when its worker was lost may leave the vector of an older one (docs/guarantees.md). */
  readonly ever: Set<string>;
};

const pointWrites = new Set(['insertOnly', 'updateOnly', 'updateVectors', 'removeVector', 'remove']);

/** The rules of a migration in place: nothing but the added vector is written, none that an application wrote is lost, and in the end all have it. */
export function createInPlaceChecks({ qdrant, redis, spec, report, isUndisturbed, onPhase, now }: ChecksOptions): Checks {
  const { store } = qdrant;
  const collection = store.get(spec.source.collection);
  const known = new Map(collection.points.map((point) => [point.id.id, knownFrom(textOf(point))]));
  const documents = new Map<string, Migration>();
  const looks = createVectorLooks(now);
  /** What an older Redis gave its names back after its last stage: whoever asks for them gets them all the same. */
  const namedAgain = new Set<string>();

  function checkWrite(call: Call, before: readonly PointText[]): void {
    const [old, fresh] = [byText(before), byText(collection.points)];
    const changed = changedIds(before, collection.points);
    const stray = changed.filter((id) => !onlyTheVector(old.get(id), fresh.get(id)));
    if (stray.length > 0)
      report({
        rule: 'in place only the added vector is written',
        what: `${call.process.name} ${call.method} changes ${stray.join(', ')}`,
      });
    const lost = changed.filter((id) => old.get(id)?.vectors.new === ownVector && fresh.has(id) && !looks.cameAfter(call, id));
    // A page that was begun before a pause or a failure is done again, over what is there.
    const stops = (phase: Migration['phase']) => phase === 'pausing' || phase === 'failed';
    const hasStopped = [...documents.values()].some(({ history }) => history.some(({ phase }) => stops(phase)));
    if (lost.length > 0 && isUndisturbed() && !hasStopped)
      report({
        rule: 'vectors that an application wrote stay',
        what: `${call.process.name} ${call.method} replaces that of ${lost.join(', ')}`,
      });
    // One that was cancelled because another has the collection says nothing of that one.
    const ended = [...documents.values()].find(
      ({ phase, announced, phaseNumber, claimed, owner }) => hasEnded(phase) && announced === phaseNumber && claimed && !isTakenBack(owner),
    );
    if (changed.length > 0 && ended !== undefined)
      report({
        rule: 'nothing is written after the end',
        what: `${call.process.name} changes ${changed.join(', ')} of what is ${ended.phase}`,
      });
  }

  /** A fleet that slept between its look and its word has the migration again, also after its end: nothing can hold that. */
  function isTakenBack(owner: string): boolean {
    const said = readPhase(collection.info.metadata);
    return said !== null && said.owner !== owner;
  }

  function onRedis(): void {
    for (const [id, document] of redis.documents) {
      const before = documents.get(id);
      if (before === document) continue;
      documents.set(id, document);
      if (document.phaseNumber !== before?.phaseNumber) onPhase(document.phase);
      if (document.phase === 'completed' && before?.phase === 'completing') checkFilled();
    }
  }

  function checkFilled(): void {
    const wrong = collection.points.filter((point) => !isRight(point)).map(({ id }) => id.id);
    if (wrong.length > 0) report({ rule: 'in place all have a vector of their own text', what: `${wrong.join(', ')} do not` });
  }

  function isRight(point: PointText): boolean {
    const of = known.get(point.id.id);
    const vector = point.vectors.new;
    if (vector === ownVector || of === undefined || textOf(point).includes('REFUSED')) return true;
    const texts = isUndisturbed() ? of.texts : [...of.ever];
    return texts.some((text) => vector === vectorOf(text));
  }

  return {
    effect(call, run) {
      if (call.server === 'redis') {
        const answer = run();
        onRedis();
        return answer;
      }
      looks.effect(call);
      const on = call.server === 'qdrant' && pointWrites.has(call.method) ? resolve(store, String(call.args[0])) : undefined;
      if (on !== collection) return run();
      qdrant.drain(collection);
      const before = collection.points;
      const answer = run();
      checkWrite(call, before);
      return answer;
    },
    onWrite(write: Write, on: StoredCollection) {
      if (on !== collection) return;
      looks.written(write);
      const { id, kind, ownVector: own } = write;
      const point = collection.points.find((one) => one.id.id === id);
      if (kind === 'delete' || point === undefined) {
        known.delete(id);
        return;
      }
      const before = kind === 'edit' && (point.vectors.new !== undefined || own) ? (known.get(id)?.texts ?? []) : [];
      const ever = known.get(id)?.ever ?? [];
      known.set(id, { texts: [...before, textOf(point)], ever: new Set([...ever, textOf(point)]) });
    },
    movedByHand: () => undefined,
    targetGone: () => undefined,
    saidComplete: () => undefined,
    madeAnew: () => undefined,
    redisLost() {
      documents.clear();
      for (const [id, document] of redis.documents) {
        documents.set(id, document);
        if (hasEnded(document.phase) && document.announced === document.phaseNumber) namedAgain.add(id);
      }
    },
    atRest({ phase, id, owner }) {
      const fences = fencesOf(store, redis);
      if (!isTakenBack(owner) && fences.length > 0) report({ rule: 'no fence stands at rest', what: fences.join(', ') });
      const claims = redis.memory.map<string>('claims');
      if (hasEnded(phase) && !namedAgain.has(id) && [...claims.values()].includes(id))
        report({ rule: 'what has ended lets go', what: `${id} still has its names` });
    },
  };
}

const hasEnded = (phase: Migration['phase']) => phase === 'completed' || phase === 'cancelled';

function knownFrom(text: string): Known {
  return { texts: [text], ever: new Set([text]) };
}

function textOf({ payload }: PointText): string {
  return (JSON.parse(payload) as { body: string }).body;
}

const vectorOf = (text: string) => JSON.stringify([...Float32Array.from(fakeVector(text))]);

function onlyTheVector(old: PointText | undefined, fresh: PointText | undefined): boolean {
  if (old === undefined || fresh === undefined) return false;
  return asMeant(old.payload) === asMeant(fresh.payload) && old.vectors[''] === fresh.vectors[''];
}
