import { openAiInterface } from '../served/openai-interface.ts';
import { servedProvider } from '../served/served-provider.ts';

/** OpenAI, and every server with its interface (vLLM, TEI, Ollama, LM Studio, Azure, gateways) by its base URL. */
export const openai = servedProvider({
  kind: 'openai',
  vendorUrl: 'https://api.openai.com/v1',
  keyVariable: 'OPENAI_API_KEY',
  baseUrlVariable: 'OPENAI_BASE_URL',
  interface: openAiInterface,
  // A quarter of the bytes, but only OpenAI itself is sure to know it.
  vendorDefaults: { encodingFormat: 'base64' },
  elsewhere: 'a server with the interface of OpenAI',
});
