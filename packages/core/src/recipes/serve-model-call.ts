import type { ModelCallJob } from '@reembed/contracts';
import { ReembedError } from '../domain/error.ts';
import { vectorToBase64 } from '../domain/vector-base64.ts';
import type { ModelCallAnswer } from '../ports/state.ts';
import type { EmbedContext } from './embed-texts.ts';
import { embedWhole } from './embed-whole.ts';
import { takeWitness } from './witness.ts';

/** A worker's part of a model call; `context` is of the job's model and dimensions. Throws what embedTexts throws. */
export async function serveModelCall(context: EmbedContext, job: ModelCallJob): Promise<ModelCallAnswer> {
  if (job.call === 'witness') return { call: 'witness', witness: await takeWitness(context) };
  const { outcomes } = await embedWhole({ ...context, kind: job.kind }, job, job.texts);
  return {
    call: 'embed',
    embedded: outcomes.map((outcome) =>
      outcome instanceof ReembedError ? { refused: `${outcome.message} [${outcome.code}]` } : { vector: vectorToBase64(outcome) },
    ),
  };
}
