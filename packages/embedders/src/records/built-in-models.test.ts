import { describe, expect, it } from 'vitest';
import { builtInModels, findByName, findIn } from './built-in-models.ts';
import { namesMeant } from './model-names.ts';

const rows = Object.entries(builtInModels()).flatMap(([table, models]) =>
  Object.entries(models).map(([name, row]) => ({ table, name, row })),
);

describe('a name as servers write it', () => {
  it.each([
    ['nomic-embed-text', 'nomic-embed-text-v1.5'],
    ['nomic-embed-text:latest', 'nomic-embed-text-v1.5'],
    ['nomic-embed-text:v1.5', 'nomic-embed-text-v1.5'],
    ['nomic-embed-text:137m-v1.5-fp16', 'nomic-embed-text-v1.5'],
    ['nomic-embed-text-v2-moe', 'nomic-embed-text-v2-moe'],
    ['qwen3-embedding:0.6b', 'qwen3-embedding-0.6b'],
    ['qwen3-embedding:4b-q4_K_M', 'qwen3-embedding-4b'],
    ['dengcao/Qwen3-Embedding-0.6B:Q8_0', 'qwen3-embedding-0.6b'],
    ['bge-m3:567m', 'bge-m3'],
    ['bge-m3:567m-fp16', 'bge-m3'],
    ['bge-large:335m-en-v1.5-fp16', 'bge-large-en-v1.5'],
    ['embeddinggemma:300m', 'embeddinggemma-300m'],
    ['embeddinggemma:300m-qat-q8_0', 'embeddinggemma-300m'],
    ['all-minilm:22m', 'all-minilm-l6-v2'],
    ['all-minilm:33m', 'all-minilm-l12-v2'],
    ['all-minilm:l12-v2', 'all-minilm-l12-v2'],
    ['all-minilm:22m-l6-v2-fp16', 'all-minilm-l6-v2'],
    ['mxbai-embed-large:335m-v1-fp16', 'mxbai-embed-large-v1'],
    ['snowflake-arctic-embed2', 'snowflake-arctic-embed-l-v2.0'],
    ['snowflake-arctic-embed:22m', 'snowflake-arctic-embed-xs'],
    ['hf.co/nomic-ai/nomic-embed-text-v1.5-GGUF:Q4_K_M', 'nomic-embed-text-v1.5'],
    ['text-embedding-nomic-embed-text-v1.5', 'nomic-embed-text-v1.5'],
    ['text-embedding-nomic-embed-text-v1.5@q8_0', 'nomic-embed-text-v1.5'],
    ['text-embedding-all-minilm-l6-v2-embedding', 'all-minilm-l6-v2'],
    ['text-embedding-bge-m3', 'bge-m3'],
    ['Qwen/Qwen3-Embedding-0.6B-GGUF', 'qwen3-embedding-0.6b'],
    ['Qwen3-Embedding-8B-Q8_0.gguf', 'qwen3-embedding-8b'],
    ['/models/bge-m3-Q4_K_M.gguf', 'bge-m3'],
    ['mlx-community/Qwen3-Embedding-0.6B-4bit-DWQ', 'qwen3-embedding-0.6b'],
    ['onnx-community/embeddinggemma-300m-ONNX', 'embeddinggemma-300m'],
    ['Xenova/all-MiniLM-L6-v2', 'all-minilm-l6-v2'],
    ['Pro/BAAI/bge-m3', 'bge-m3'],
    ['accounts/fireworks/models/qwen3-embedding-8b', 'qwen3-embedding-8b'],
    ['amazon.titan-embed-text-v2:0', 'titan-embed-text-v2'],
    ['bedrock/amazon.titan-embed-text-v2:0', 'titan-embed-text-v2'],
    ['us.cohere.embed-v4:0', 'embed-v4'],
    ['cohere.embed-english-v3', 'embed-english-v3'],
    ['models/gemini-embedding-001', 'gemini-embedding-001'],
    ['openai/text-embedding-3-small', 'text-embedding-3-small'],
    ['text-embedding-ada-002', 'text-embedding-ada-002'],
    ['voyageai/voyage-4-nano', 'voyage-4-nano'],
  ])('%s stands for %s', (written, model) => {
    expect(findIn(['openai', 'open'], written)?.name).toBe(model);
  });

  it.each([
    'intfloat/multilingual-e5-large-finetuned',
    'qwen3-embedding:1.5b',
    'bge-m3-unsupervised',
    'text-embedding-4-large',
    'my-deployment',
    'nomic-embed-text:v3',
    'small',
    'large',
    '',
    ':',
    '/',
    'constructor',
  ])('%j stands for none', (written) => {
    expect(findIn(['openai', 'open'], written)).toBeUndefined();
  });

  it('and one that is itself a model is that model, whatever it might be short for', () => {
    for (const { table, name, row } of rows) expect(findIn([table], name)?.row).toBe(row);
    expect(namesMeant('BAAI/bge-m3')[0]).toBe('bge-m3');
  });
});

describe('models.yaml', () => {
  it.each(rows)('$table/$name is of a shape that can be meant', ({ name, row }) => {
    expect(name).toBe(name.toLowerCase());
    const { dimensions, dimensionChoices = [], leastDimensions, limits, pricePerMillionTokensUsd: price, source } = row;
    if (dimensionChoices === 'any') expect(leastDimensions ?? 1).toBeLessThan(dimensions);
    else {
      expect(leastDimensions).toBeUndefined();
      expect(dimensionChoices).not.toContain(dimensions);
      expect([...dimensionChoices]).toEqual([...new Set(dimensionChoices)].sort((a, b) => b - a));
    }
    // What is not limited is said so.
    expect(limits?.maxInputTokens).toBeDefined();
    if (row.batchPricePerMillionTokensUsd !== undefined) expect(row.batchPricePerMillionTokensUsd).toBeLessThan(price ?? 0);
    expect(source).toMatch(/^https:/);
  });

  it('has no name twice, in whichever table, nor an alias that is a name', () => {
    const written = rows.flatMap(({ name, row }) => [name, ...(row.aliases ?? [])]);
    expect(written.filter((name, at) => written.indexOf(name) !== at)).toEqual([]);
  });

  it('knows every member of a space by its size', () => {
    expect(findByName('voyage/voyage-4-nano')?.space).toBe(findByName('voyage-4')?.space);
    expect(findByName('voyage-4')?.dimensionChoices).toContain(2048);
  });
});
