/*
 * One model has as many names as there are servers. What may stand around the name that its maker gave it:
 *
 * | who writes it | for instance |
 * |---|---|
 * | the hub, and gateways | `BAAI/bge-m3`, `openai/text-embedding-3-small`, `accounts/fireworks/models/qwen3-embedding-8b` |
 * | Ollama: tags, sizes among them | `nomic-embed-text:v1.5`, `qwen3-embedding:0.6b-q8_0`, `all-minilm:22m-l6-v2-fp16` |
 * | LM Studio | `text-embedding-nomic-embed-text-v1.5@q8_0` |
 * | who converts weights | `Qwen3-Embedding-0.6B-GGUF`, `bge-m3-Q4_K_M.gguf`, `-onnx`, `-4bit`, `-mlx` |
 * | Bedrock | `us.cohere.embed-v4:0`, `amazon.titan-embed-text-v2:0` |
 *
 * A word that is none of these makes it another model, to be told by who runs it.
 */

/** One way in which a name may be longer than, or other than, that of the model; null: not this one. */
type Rule = (name: string) => string | null;

const quantisation = String.raw`i?q\d(?:_[a-z0-9]+)*|b?f(?:p)?(?:8|16|32)|int[48]|[48]-?bit|w\d+a\d+|dwq|awq|gptq|exl2|qat`;
const packaging = new RegExp(`[-_.](?:gguf|onnx|mlx|${quantisation})$`);
const tagWord = new RegExp(`^(?:latest|${quantisation})$`);
const sizeWord = /^\d+(?:\.\d+)?[mb]$/;

function without(pattern: RegExp): Rule {
  return (name) => (pattern.test(name) ? name.replace(pattern, '') : null);
}

const rules: readonly Rule[] = [
  without(packaging),
  without(/@[^@]+$/),
  without(/^(?:us|eu|apac|au|ca|jp|us-gov|global)\.(?=[a-z]+\.)/),
  without(/^(?:amazon|cohere)\./),
  without(/(?<=-v\d+):\d+$/),
  without(/^text-embedding-(?=.*[a-z]{3})/),
  without(/-embedding$/),
  tagRule((words) => words.filter((word) => !tagWord.test(word))),
  tagRule((words) => (words.every((word) => sizeWord.test(word)) ? words : words.filter((word) => !sizeWord.test(word)))),
  // What a tag says belongs to the name: `nomic-embed-text:v1.5`, `qwen3-embedding:0.6b`.
  (name) => (/:[^:]+$/.test(name) ? name.replace(':', '-') : null),
];

/** A rule for the words of an Ollama tag; a tag of which nothing is left is none. */
function tagRule(keep: (words: string[]) => string[]): Rule {
  return (name) => {
    const [, family, tag] = /^([^:]+):([^:]+)$/.exec(name) ?? [];
    if (family === undefined || tag === undefined) return null;
    const left = keep(tag.split('-')).join('-');
    return left === tag ? null : left === '' ? family : `${family}:${left}`;
  };
}

/** Every name that this one may stand for, itself first, in lower case and without what is before its last slash. */
export function namesMeant(name: string): string[] {
  const last = name.toLowerCase().replace(/\/+$/, '').split('/').at(-1) ?? '';
  const names = new Set([last]);
  for (const form of names)
    for (const rule of rules) {
      const shorter = rule(form);
      if (shorter !== null && shorter !== '') names.add(shorter);
    }
  return [...names];
}
