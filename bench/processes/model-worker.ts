import { modelSettingsSchema } from '@reembed/contracts';
import { createSeededRandom } from '@reembed/core';
import { createModelCatalogue, loadReembedConfig } from '@reembed/embedders';
import { loadSettings } from '@reembed/process';
import { startMeter } from '../measurement.ts';
import { words } from '../source-points.ts';

/** One model as a worker has it: embeds so many new texts of so many words, request by request. The same texts whichever model it is. */
export type EmbedTask = { readonly texts: number; readonly wordsAText: number };

const textsARequest = 64;

const { configFile, modelsDir } = loadSettings(modelSettingsSchema, process.env);
const catalogue = createModelCatalogue({ config: await loadReembedConfig(configFile), env: process.env, modelsDir });
const embedder = catalogue.embedder(process.argv[2] ?? '');
const random = createSeededRandom(7);

async function embed({ texts, wordsAText }: EmbedTask) {
  const all = Array.from({ length: texts }, () => textOf(wordsAText));
  const atOnce = Math.min(textsARequest, embedder.limits.maxInputs);
  const meter = startMeter(texts);
  for (let at = 0; at < texts; at += atOnce) {
    const request = all.slice(at, at + atOnce);
    await embedder.embed(request, { kind: 'document' });
    meter.add(request.length);
  }
  return meter.read();
}

function textOf(length: number): string {
  return Array.from({ length }, () => words[Math.floor(random() * words.length)]).join(' ');
}

process.on('message', (task: EmbedTask) => {
  void embed(task).then((measured) => process.send?.({ measured }));
});
process.once('disconnect', () => void embedder.close());
process.send?.({ ready: true });
