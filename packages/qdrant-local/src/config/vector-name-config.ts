import { failure } from '../api-error.ts';
import { jsonText } from '../json/json-text.ts';
import { isObject, type JsonObject } from '../json/json-value.ts';
import type { CollectionConfig } from './collection-config.ts';
import { type FieldTable, pickFields } from './field-table.ts';

const DISTANCES = ['Cosine', 'Euclid', 'Dot', 'Manhattan'];
const DATATYPE = { kind: 'word', words: ['float32', 'uint8', 'float16'] } as const;
const DENSE: FieldTable = {
  size: { kind: 'uint', min: 1, max: 65536 },
  distance: { kind: 'word', words: DISTANCES },
  datatype: DATATYPE,
  multivector_config: { kind: 'section', fields: { comparator: { kind: 'word', words: ['max_sim'] } } },
};
const SPARSE: FieldTable = { modifier: { kind: 'word', words: ['none', 'idf'] }, datatype: DATATYPE };

/** A named vector to add in place: less can be said of it than when a collection is created. */
export type VectorNameConfig = { kind: 'dense' | 'sparse'; params: JsonObject };

/** The body of `PUT …/vectors/{name}`. Throws 400, and 422 for a size out of range. */
export function readVectorNameConfig(body: JsonObject): VectorNameConfig {
  const dense = body.get('dense');
  const sparse = body.get('sparse');
  if (isObject(dense) && typeof dense.get('size') === 'bigint' && DISTANCES.some((distance) => distance === dense.get('distance'))) {
    return { kind: 'dense', params: pickFields(DENSE, dense, 'dense') };
  }
  if (!isObject(sparse)) throw failure.format('data did not match any variant of untagged enum VectorNameConfig');
  const picked = pickFields(SPARSE, sparse, 'sparse');
  const params: JsonObject = new Map();
  const datatype = picked.get('datatype');
  if (datatype !== undefined) params.set('index', new Map([['datatype', datatype]]));
  const modifier = picked.get('modifier');
  if (modifier !== undefined) params.set('modifier', modifier);
  return { kind: 'sparse', params };
}

/** Adds the vector to the config; false where it is there already. Throws 400 where it is there with another schema or kind. */
export function addVectorName(config: CollectionConfig, name: string, { kind, params }: VectorNameConfig): boolean {
  const [own, other] = kind === 'dense' ? [config.vectors, config.sparse] : [config.sparse, config.vectors];
  const existing = own.get(name);
  const label = kind === 'dense' ? 'Vector' : 'Sparse vector';
  if (existing !== undefined) {
    if (schemaText(existing) !== schemaText(params))
      throw failure.wrongInput(`${label} \`${name}\` already exists with a different configuration`);
    return false;
  }
  if (other.has(name)) throw failure.wrongInput(`Vector \`${name}\` already exists as a ${kind === 'dense' ? 'sparse' : 'dense'} vector`);
  own.set(name, params);
  if (kind === 'sparse') config.showSparse = true;
  else config.onlyUnnamed = false;
  return true;
}

/** What has to be equal for two configs to describe the same vectors; how they are indexed and placed may differ. */
function schemaText(params: JsonObject): string {
  const index = params.get('index');
  const schema = ['size', 'distance', 'datatype', 'multivector_config', 'modifier'].map((name) => params.get(name) ?? null);
  return jsonText([...schema, isObject(index) ? (index.get('datatype') ?? null) : null]);
}
