import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { type Batch, type BatchAnswers, type Batches, type BatchOrder, type BatchOwner, isReembedError } from '@reembed/core';
import type { OpenAI } from 'openai';
import type { Batch as Told } from 'openai/resources/batches';
import type { ServedProfile } from '../records/model-profile.ts';
import { checkEmbeddings, type Reply } from '../replies/check-embeddings.ts';
import { quoteProvider } from '../replies/request-ending.ts';
import type { BatchWords, RequestBody } from './batch-words.ts';
import type { Asking } from './server-interface.ts';

/** As OpenAI documents them, with some room for what stands around each text in the file of 200 MB. */
const limits = { texts: 50_000, bytes: 150_000_000 };
/** A clock here may be ahead of theirs. */
const slackMs = 86_400_000;
/** How long a look at the list of batches may serve others, in ms: every range of a migration asks for the same list. */
const listLastsMs = 5_000;
/** Voyage says when in words. */
type ToldAt = Omit<Told, 'created_at'> & { readonly created_at: number | string };

export type OpenAiBatchesOptions = {
  readonly profile: ServedProfile;
  readonly connect: () => Promise<OpenAI>;
  /** What a single request for this document would send. */
  readonly bodyOf: (text: string, dimensions: number | undefined) => RequestBody;
  readonly words: BatchWords;
  readonly asking: Asking;
  readonly secrets: () => readonly string[];
};

/**
 * The batch roads behind /v1/files and /v1/batches: OpenAI's, and by `words` those that follow it. Whose a batch is, and for which texts, stands in its metadata, and in
 * the name of its file: a list of batches cannot be asked for by that, so it is read back to the day the owner began.
 */
export function createOpenAiBatches({ profile, connect, bodyOf, words, asking: within, secrets }: OpenAiBatchesOptions): Batches {
  let client: Promise<OpenAI> | undefined;
  const asking = <T>(signal: AbortSignal, ask: (client: OpenAI, signal: AbortSignal) => Promise<T>) =>
    within(signal, async (stop) => {
      client ??= connect();
      return ask(await client, stop);
    });
  const read = (told: Told) => readTold(told, secrets());
  const lists = new Map<string, { readonly until: number; readonly told: Promise<readonly Told[]> }>();

  const listNow = async (owner: BatchOwner, signal: AbortSignal) => {
    const oldest = owner.since - slackMs;
    const all = await asking(signal, async (client, stop) => {
      const found: Told[] = [];
      for await (const batch of client.batches.list({ limit: 100 }, { signal: stop })) {
        if (createdAt(batch) < oldest) {
          if (words.newestFirst) break;
        } else found.push(batch);
      }
      return found;
    });
    const ours = all.filter((batch) => batch.metadata?.reembed === owner.id && batch.metadata.model === profile.model);
    return ours.reverse().sort((one, other) => createdAt(one) - createdAt(other));
  };

  const list = (owner: BatchOwner) => {
    const known = lists.get(owner.id);
    if (known !== undefined && performance.now() < known.until) return known.told;
    // Not by the signal of whoever comes first: others wait for it, too.
    const told = listNow(owner, new AbortController().signal);
    lists.set(owner.id, { until: performance.now() + listLastsMs, told });
    told.catch(() => lists.delete(owner.id));
    return told;
  };

  const remove = (file: string | null | undefined, signal: AbortSignal) =>
    file == null ? null : asking(signal, (client, stop) => client.files.delete(file, { signal: stop })).catch(unlessGone);

  /** A line a text, under its name. Keys and addresses are in no line. */
  const fileOf = ({ texts, dimensions }: BatchOrder) =>
    [...texts].map(([name, text]) => JSON.stringify({ custom_id: name, ...words.lineOf(bodyOf(text, dimensions)) })).join('\n');

  /** By a form of our own: Node's and undici's do not know each other. */
  const upload = async (client: OpenAI, name: string, content: string, signal: AbortSignal): Promise<string> => {
    const form = new FormData();
    form.set('purpose', 'batch');
    for (const [field, value] of Object.entries(words.fileFields)) form.set(field, value);
    form.set('file', new Blob([content], { type: 'application/jsonl' }), name);
    const encoded = new Response(form);
    const headers = { 'content-type': encoded.headers.get('content-type') };
    const { id } = await client.post<{ id: string }>('/files', { body: new Uint8Array(await encoded.arrayBuffer()), headers, signal });
    return id;
  };

  const end = async ({ id }: Pick<Batch, 'id'>, signal: AbortSignal): Promise<boolean> => {
    let told = await asking(signal, (client, stop) => client.batches.retrieve(id, { signal: stop }));
    const runs = isUnderWay(told);
    if (runs && told.status !== 'cancelling') told = await asking(signal, (client, stop) => client.batches.cancel(id, { signal: stop }));
    for (const file of [told.input_file_id, told.output_file_id, told.error_file_id]) await remove(file, signal);
    return runs;
  };

  return {
    limits,
    list: async (owner) => (await list(owner)).map(read),
    async send(owner, order, signal) {
      if ((await list(owner)).filter(isUnderWay).length >= words.mostAtOnce)
        return noRoom(order, `${words.mostAtOnce} batches are under way`);
      const file = await asking(signal, (client, stop) => upload(client, fileName(owner, order), fileOf(order), stop));
      // As late as can be: whoever had this range before may have been slow to send it.
      const others = (await listNow(owner, signal)).map(read);
      const taken = others.find(({ part, state }) => part === order.part && (state === 'under-way' || state === 'ended'));
      if (taken !== undefined) {
        await remove(file, signal);
        return taken;
      }
      const { part, turn, tokens } = order;
      const metadata = { reembed: owner.id, model: profile.model, part, turn, tokens: String(tokens) };
      const body = { input_file_id: file, endpoint: '/v1/embeddings', metadata, ...words.orderOf(order, bodyOf) };
      try {
        return read(await asking(signal, (client, stop) => client.post<Told>('/batches', { body, signal: stop })));
      } catch (error) {
        if (!isReembedError(error) || !words.isFull(error)) throw error;
        await remove(file, signal);
        return noRoom(order, error.message);
      } finally {
        lists.delete(owner.id);
      }
    },
    async read({ id }, dimensions, signal) {
      const told = await asking(signal, (client, stop) => client.batches.retrieve(id, { signal: stop }));
      const output = told.output_file_id;
      if (output == null) return { vectors: new Map(), tokens: 0 };
      const answers = asking(signal, async (client, stop) => {
        const answer = await client.files.content(output, { signal: stop });
        return readAnswers(answer.body, { model: profile.model, dimensions: dimensions ?? profile.dimensions });
      });
      return (await answers.catch(unlessGone)) ?? { vectors: new Map(), tokens: 0 };
    },
    end: async (batch, signal) => void (await end(batch, signal)),
    async endAll(owner, signal) {
      let stopped = 0;
      for (const batch of await listNow(owner, signal)) if (await end(batch, signal)) stopped += 1;
      const files = await asking(signal, async (client, stop) => {
        const found: string[] = [];
        for await (const file of client.files.list({ purpose: 'batch', limit: 10_000 }, { signal: stop }))
          if (file.filename.startsWith(`reembed-${owner.id}-`)) found.push(file.id);
        return found;
      });
      for (const file of files) await remove(file, signal);
      return stopped;
    },
  };
}

/** In ms since 1970. Words without a zone are of UTC. */
function createdAt({ created_at }: ToldAt): number {
  if (typeof created_at === 'number') return created_at * 1_000;
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(created_at) ? created_at : `${created_at.replace(' ', 'T')}Z`);
}

/** A batch that was not sent. */
function noRoom({ part, turn, tokens }: BatchOrder, why: string): Batch {
  return { id: 'of this range', part, turn, tokens, createdAt: Date.now(), state: 'full', words: why };
}

function isUnderWay({ status }: Told): boolean {
  return ['validating', 'in_progress', 'finalizing', 'cancelling'].includes(status);
}

function readTold(told: Told, secrets: readonly string[]): Batch {
  const faults = told.errors?.data ?? [];
  const isFull = faults.some(({ code }) => code === 'token_limit_exceeded');
  const failed = isFull ? 'full' : 'refused';
  return {
    id: told.id,
    part: told.metadata?.part ?? '',
    turn: told.metadata?.turn ?? '',
    tokens: Number(told.metadata?.tokens ?? 0) || 0,
    createdAt: createdAt(told),
    state: isUnderWay(told) ? 'under-way' : told.status === 'failed' ? failed : 'ended',
    words: quoteProvider(faults.map(({ code, message }) => message ?? code ?? '').join('; '), secrets, []) || told.status,
  };
}

function fileName({ id }: BatchOwner, { part }: BatchOrder): string {
  return `reembed-${id}-${part}.jsonl`;
}

type Line = {
  readonly custom_id?: unknown;
  readonly response?: {
    readonly status_code?: unknown;
    readonly body?: { readonly data?: unknown; readonly usage?: { readonly prompt_tokens?: unknown; readonly total_tokens?: unknown } };
  } | null;
};

/** Line by line, for a file may be larger than a string. What a line has no right vector for is left out, and asked for by a request that tells why. */
async function readAnswers(
  body: ReadableStream | globalThis.ReadableStream | null,
  asked: { readonly model: string; readonly dimensions: number | null },
): Promise<BatchAnswers> {
  const vectors = new Map<string, Float32Array>();
  let tokens = 0;
  if (body === null) return { vectors, tokens };
  for await (const text of createInterface({ input: Readable.fromWeb(body as ReadableStream), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (text.trim() === '') continue;
    const { custom_id: name, response } = JSON.parse(text) as Line;
    const { data, usage } = response?.body ?? {};
    if (typeof name !== 'string' || response?.status_code !== 200 || !Array.isArray(data)) continue;
    const rows = data.map((row: { embedding?: unknown }) => row.embedding);
    const vector = rightVector({ ...asked, rows });
    if (vector !== null) vectors.set(name, vector);
    const billed = usage?.prompt_tokens ?? usage?.total_tokens;
    if (typeof billed === 'number') tokens += billed;
  }
  return { vectors, tokens };
}

function rightVector(reply: Omit<Reply, 'count'>): Float32Array | null {
  try {
    return checkEmbeddings({ ...reply, count: 1 }).vectors;
  } catch (error) {
    if (isReembedError(error, 'provider-bad-reply')) return null;
    throw error;
  }
}

/** Deleted before, by us or by itself. */
function unlessGone(error: unknown): null {
  if (isReembedError(error) && Object(error.cause).status === 404) return null;
  throw error;
}
