import type { Issue } from '@reembed/contracts';
import { isInPlace } from '../domain/recipes-of.ts';
import type { PlanScene } from '../recipes/plan-scene.ts';
import { targetVectors } from '../recipes/target-vectors.ts';
import { hasVector } from './target-schema.ts';

/** Qdrant keeps a vector in a directory of its name: these it refuses (seen on 1.19; `validate_vector_name` in its source). */
const refused = ['<', '>', ':', '"', '/', '\\', '|', '?', '*', '\0', '\u001f'];
const mostBytes = 200;

/** Names of vectors that are to be made and that Qdrant would refuse, when the target is created or later. */
export function vectorNameBlockers({ spec, around: { source } }: PlanScene): Issue[] {
  const there = (name: string) => isInPlace(spec) && source !== null && hasVector(source, name);
  return targetVectors(spec).flatMap(({ name }) => {
    const message = there(name) ? null : faultOf(name);
    return message === null ? [] : [{ field: `vectors.${JSON.stringify(name)}`, value: name, message }];
  });
}

function faultOf(name: string): string | null {
  const bad = refused.find((character) => name.includes(character));
  const bytes = Buffer.byteLength(name);
  if (bad !== undefined)
    return `Qdrant allows no ${JSON.stringify(bad)} in the name of a vector, nor any other of < > : " / \\ | ? *: choose another name`;
  return bytes > mostBytes ? `has ${bytes} bytes, and Qdrant allows ${mostBytes} for the name of a vector: choose a shorter one` : null;
}
