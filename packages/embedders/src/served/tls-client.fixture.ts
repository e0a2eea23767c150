import { createModelCatalogue } from '../model-catalogue.ts';

/** A process that embeds a text at the address it is given, in the environment it is given: Node reads its roots when it starts. */
const [baseUrl = ''] = process.argv.slice(2);
const embedder = createModelCatalogue({ config: { models: { 'x/m': { provider: 'openai', baseUrl } } }, env: {} }).embedder('x/m');
const outcome = await embedder.embed(['a text'], { kind: 'document' }).catch((error: Error) => error.message);
process.send?.({ outcome: typeof outcome === 'string' ? outcome : `${outcome.dimensions} dimensions` });
await embedder.close();
process.disconnect?.();
