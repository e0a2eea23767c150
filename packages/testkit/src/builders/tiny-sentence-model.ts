import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type OnnxNode, onnxModel } from './onnx-model.ts';

export type TinyModelOptions = {
  readonly dimensions?: number;
  /** What tokenizer_config.json says the model reads. */
  readonly maxTokens?: number;
  /** Whether the graph gives a vector a token, or pools by itself (the sum over the tokens). */
  readonly output?: 'last_hidden_state' | 'sentence_embedding';
  /** The path of the weights below the folder. */
  readonly weights?: string;
  /** Has the graph answer in float16, as some fp16 exports do. */
  readonly half?: boolean;
  /** Written as 1_Pooling/config.json, as sentence-transformers does. */
  readonly pooling?: 'mean' | 'cls' | 'lasttoken';
};

const letters = [...'abcdefghijklmnopqrstuvwxyz0123456789'];
const words = ['the', 'and', 'collection', 'vector'];
const vocabulary = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...words, ...letters, ...letters.map((letter) => `##${letter}`)];

/**
 * Writes a whole ONNX sentence model of a few kilobytes into a folder, as an export by Optimum looks: a WordPiece tokenizer of single
 * letters and four words, and a graph that looks up one vector a token (tinyModelRow). Made here from nothing, and its answers can be
 * worked out by hand.
 */
export async function writeTinySentenceModel(folder: string, options: TinyModelOptions = {}): Promise<void> {
  const { dimensions = 16, maxTokens = 64, weights = 'onnx/model.onnx', pooling } = options;
  const write = async (path: string, content: object | Uint8Array) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content instanceof Uint8Array ? content : JSON.stringify(content));
  };
  await write('config.json', { model_type: 'bert', hidden_size: dimensions, pad_token_id: 0, vocab_size: vocabulary.length });
  await write('tokenizer.json', tokenizer());
  await write('tokenizer_config.json', { tokenizer_class: 'BertTokenizer', do_lower_case: true, model_max_length: maxTokens });
  if (pooling)
    await write('1_Pooling/config.json', {
      [`pooling_mode_${pooling === 'mean' ? 'mean_tokens' : pooling === 'cls' ? 'cls_token' : pooling}`]: true,
    });
  await write(weights, graph({ dimensions, ...options }));
}

/** The vector that the tiny model looks up for a token, such as `[CLS]`, `a` or `##b`. */
export function tinyModelRow(token: string, dimensions = 16): Float32Array {
  const id = vocabulary.indexOf(token);
  return Float32Array.from({ length: dimensions }, (_, at) => Math.sin((id + 1) * (at + 1) * 1.7));
}

function tokenizer(): object {
  const special = vocabulary.slice(0, 4);
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [
        { SpecialToken: { id: '[CLS]', type_id: 0 } },
        { Sequence: { id: 'A', type_id: 0 } },
        { SpecialToken: { id: '[SEP]', type_id: 0 } },
      ],
      pair: [],
      special_tokens: Object.fromEntries(['[CLS]', '[SEP]'].map((id) => [id, { id, ids: [vocabulary.indexOf(id)], tokens: [id] }])),
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
    },
  };
}

function graph({ dimensions, output = 'last_hidden_state', half = false }: TinyModelOptions & { readonly dimensions: number }): Uint8Array {
  const lookUp: OnnxNode[] = [{ op: 'Gather', inputs: ['embeddings', 'input_ids'], output: 'rows' }];
  const pool: OnnxNode[] = [
    { op: 'Cast', inputs: ['attention_mask'], output: 'mask', integers: { to: 1 } },
    { op: 'Unsqueeze', inputs: ['mask', 'last_axis'], output: 'wide_mask' },
    { op: 'Mul', inputs: ['rows', 'wide_mask'], output: 'kept' },
    { op: 'ReduceSum', inputs: ['kept', 'token_axis'], output: 'sum', integers: { keepdims: 0 } },
  ];
  const pooled = output === 'sentence_embedding';
  const last = pooled ? 'sum' : 'rows';
  const rows = vocabulary.map((token) => tinyModelRow(token, dimensions));
  return onnxModel({
    nodes: [...lookUp, ...(pooled ? pool : []), { op: 'Cast', inputs: [last], output, integers: { to: half ? 10 : 1 } }],
    floats: [{ name: 'embeddings', dims: [rows.length, dimensions], values: rows.flatMap((row) => [...row]) }],
    int64s: pooled
      ? [
          { name: 'last_axis', values: [2] },
          { name: 'token_axis', values: [1] },
        ]
      : [],
    inputs: ['input_ids', 'attention_mask'].map((name) => ({ name, type: 7, dims: ['batch', 'sequence'] })),
    output: { name: output, type: half ? 10 : 1, dims: pooled ? ['batch', dimensions] : ['batch', 'sequence', dimensions] },
  });
}
