import type { ReachOut } from '@reembed/embedders';

/** The longest answer of a hook that is read, in characters. */
const longestAnswer = 64 * 1024;

/** What a hook answered, as far as it is read. */
export async function answerText({ body }: Awaited<ReturnType<ReachOut['post']>>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of body ?? []) {
    text += decoder.decode(piece, { stream: true });
    if (text.length > longestAnswer) break;
  }
  return text;
}
