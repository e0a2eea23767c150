/**
 * Code for applications whose queries are still embedded by the old model: it reads an adapter's file and brings a query into the space of
 * the mapped documents.
 */
export const queryAdapterPython = `"""Brings a vector of the old model into the space of documents that an adapter has mapped.

    adapt = load_adapter("adapter.json")
    hits = client.query_points("docs", query=adapt(old_model_vector).tolist(), using="mapped")
"""

import base64
import json

import numpy as np


def load_adapter(path):
    with open(path, encoding="utf-8") as file:
        adapter = json.load(file)
    if adapter["format"] not in (1, 2):
        raise ValueError(f"{path} has format {adapter['format']}, not 1 or 2")
    size, target = adapter["from"]["dimensions"], adapter["to"]["dimensions"]
    matrix = np.frombuffer(base64.b64decode(adapter["matrix"]), dtype="<f4").reshape(-1, target)
    offset = np.frombuffer(base64.b64decode(adapter["offset"]), dtype="<f4")
    kernel = adapter.get("kernel")
    if kernel is not None:
        landmarks = np.frombuffer(base64.b64decode(kernel["landmarks"]), dtype="<f4").reshape(-1, size)

    def near(vectors):
        """How near each vector is to each landmark."""
        x, marks = vectors.astype(np.float64), landmarks.astype(np.float64)
        squared = (x * x).sum(-1)[..., None] + (marks * marks).sum(-1) - 2 * x @ marks.T
        return np.exp(-np.maximum(squared, 0) / (2 * kernel["width"] ** 2))

    def adapt(vector):
        """One vector, or one a row."""
        vectors = np.asarray(vector, dtype=np.float32)
        mapped = (vectors if kernel is None else near(vectors)) @ matrix + offset
        if not adapter["normalise"]:
            return mapped
        norm = np.linalg.norm(mapped, axis=-1, keepdims=True)
        return mapped / np.where(norm == 0, 1, norm)

    return adapt
`;

export const queryAdapterTypeScript = `import { readFileSync } from 'node:fs';

/**
 * Brings a vector of the old model into the space of documents that an adapter has mapped.
 *
 *   const adapt = loadAdapter('adapter.json');
 *   await client.query('docs', { query: adapt(oldModelVector), using: 'mapped' });
 */
export function loadAdapter(path: string): (vector: readonly number[]) => number[] {
  const adapter = JSON.parse(readFileSync(path, 'utf8'));
  if (adapter.format !== 1 && adapter.format !== 2) throw new Error(\`\${path} has format \${adapter.format}, not 1 or 2\`);
  const size: number = adapter.from.dimensions;
  const target: number = adapter.to.dimensions;
  const matrix = floats(adapter.matrix);
  const offset = floats(adapter.offset);
  const landmarks = adapter.kernel === undefined ? undefined : floats(adapter.kernel.landmarks);
  /** How near a vector is to each landmark. */
  const near = (vector: readonly number[], marks: Float32Array) =>
    Array.from({ length: marks.length / size }, (_, mark) => {
      const squared = vector.reduce((sum, value, at) => sum + (value - marks[mark * size + at]!) ** 2, 0);
      return Math.exp(-squared / (2 * adapter.kernel.width ** 2));
    });
  return (vector) => {
    if (vector.length !== size) throw new Error(\`the adapter takes \${size} dimensions, not \${vector.length}\`);
    const mapped = Array.from(offset);
    (landmarks === undefined ? vector : near(vector, landmarks)).forEach((value, row) => {
      for (let column = 0; column < target; column += 1) mapped[column]! += value * matrix[row * target + column]!;
    });
    const norm = adapter.normalise ? Math.sqrt(mapped.reduce((sum, value) => sum + value * value, 0)) || 1 : 1;
    return mapped.map((value) => value / norm);
  };
}

/** Little-endian f32, base64. */
function floats(text: string): Float32Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64'));
  return new Float32Array(bytes.buffer);
}
`;
