import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

type Body = Readonly<Record<string, unknown>>;
type Status = 'validating' | 'in_progress' | 'completed' | 'failed' | 'expired' | 'cancelling' | 'cancelled';

export type StubBatch = {
  readonly id: string;
  readonly status: Status;
  readonly metadata: Readonly<Record<string, string>>;
  readonly texts: readonly string[];
};

export type StubBatches = {
  /** Every batch since the start, the first one first. */
  list(): readonly StubBatch[];
  /** What was asked for, as it came. */
  asked(): readonly Body[];
  /** Names of the files that are there. */
  files(): readonly string[];
  /** What the files hold that were ever sent. */
  readonly sent: readonly string[];
  /** Batches that are under way come to their end; `expired`: with this share of their lines answered. `spoil`: what their answers become. */
  finish(options?: { readonly expired?: number; readonly spoil?: (body: unknown) => unknown }): void;
  /** Batches from now on end at once. */
  atOnce(): void;
  /** The next batches fail with this code before anything is done, one each. */
  refuse(...codes: readonly string[]): void;
  /** The answers to the next so many requests for a batch are lost, though it is made. */
  loseReplies(count: number): void;
  serve(server: FastifyInstance): void;
};

export type StubBatchesOptions = {
  /** Voyage's way: lines of texts alone, parameters once, dates in words, and so many batches at once; default: OpenAI's. */
  readonly voyage?: { readonly mostAtOnce: number } | undefined;
  readonly mayEnter: (authorization: string | null) => boolean;
  readonly answer: (body: Body) => unknown;
  readonly refuses: (text: string) => boolean;
};

type Kept = { readonly id: string; readonly filename: string; readonly content: string };
type Made = {
  readonly id: string;
  readonly created_at: number;
  readonly input_file_id: string;
  readonly metadata: Record<string, string>;
  readonly lines: readonly { readonly custom_id: string; readonly body: Body }[];
  status: Status;
  output_file_id: string | null;
  error_file_id: string | null;
  errors: { readonly data: readonly { readonly code: string; readonly message: string; readonly line: null }[] } | null;
};

/** A page of batches holds no more, whatever is asked for: a short list has several pages. */
const pageLength = 5;

type Asked = {
  readonly input_file_id: string;
  readonly metadata: Record<string, string>;
  readonly completion_window: string;
  readonly request_params?: Body;
};

const voyageFields = ['endpoint', 'input_file_id', 'completion_window', 'request_params', 'metadata'];

/** OpenAI's /v1/files and /v1/batches as they are documented: answers come in another order, and what is refused in a file of its own. */
export function createStubBatches({ voyage, mayEnter, answer, refuses }: StubBatchesOptions): StubBatches {
  const files = new Map<string, Kept>();
  const made: Made[] = [];
  const sent: string[] = [];
  const askedFor: Asked[] = [];
  const refusals: string[] = [];
  let lost = 0;
  let isAtOnce = false;
  let number = 0;

  const keep = (filename: string, content: string): string => {
    const id = `file-${++number}`;
    files.set(id, { id, filename, content });
    return id;
  };

  function end(batch: Made, status: Status, share = 1, spoil: (body: unknown) => unknown = (body) => body): void {
    batch.status = status;
    const reached = batch.lines.slice(0, Math.ceil(batch.lines.length * share)).toReversed();
    const good = reached.filter(({ body }) => !refuses(String(body.input)));
    const bad = reached.filter(({ body }) => refuses(String(body.input)));
    const line = (custom_id: string, status_code: number, body: unknown) =>
      JSON.stringify({ id: `batch_req_${custom_id}`, custom_id, response: { status_code, request_id: 'stub', body }, error: null });
    if (good.length > 0)
      batch.output_file_id = keep(
        `${batch.id}_output.jsonl`,
        good.map(({ custom_id, body }) => line(custom_id, 200, spoil(answer(body)))).join('\n'),
      );
    if (bad.length > 0)
      batch.error_file_id = keep(
        `${batch.id}_error.jsonl`,
        bad.map(({ custom_id }) => line(custom_id, 400, { error: { message: "'$.input' is invalid" } })).join('\n'),
      );
  }

  const runs = ({ status }: Made) => status === 'validating' || status === 'in_progress';
  const dated = (at: number) => (voyage === undefined ? at : new Date(at * 1_000).toISOString().replace('Z', '547+00:00'));
  const told = ({ lines: _lines, created_at, ...batch }: Made) => ({
    ...{ object: 'batch', endpoint: '/v1/embeddings', completion_window: '24h', created_at: dated(created_at) },
    ...batch,
  });
  const find = (request: FastifyRequest) => made.find(({ id }) => id === (request.params as { id: string }).id);
  const missing = (reply: FastifyReply) => reply.code(404).send({ error: { message: 'No such object', type: 'invalid_request_error' } });

  async function upload(request: FastifyRequest) {
    const form = await new Response(request.body as Buffer<ArrayBuffer>, {
      headers: { 'content-type': String(request.headers['content-type']) },
    }).formData();
    const file = form.get('file');
    if (!(file instanceof File)) throw new Error('the form has no file');
    const content = await file.text();
    sent.push(content);
    return { id: keep(file.name, content), object: 'file', filename: file.name, purpose: form.get('purpose') };
  }

  function create(request: FastifyRequest, reply: FastifyReply) {
    const asked = request.body as Asked;
    const { input_file_id, metadata, request_params } = asked;
    askedFor.push(asked);
    const file = files.get(input_file_id);
    if (file === undefined) return missing(reply);
    const lines = file.content.split('\n').map((text) => {
      const line = JSON.parse(text) as Made['lines'][number];
      return { ...line, body: { ...request_params, ...line.body } };
    });
    if (voyage !== undefined) {
      const words = Object.keys(asked).filter((field) => !voyageFields.includes(field));
      const strays = lines.filter((line) => Object.keys(line).join() !== 'custom_id,body');
      if (asked.completion_window !== '12h' || request_params?.model === undefined || words.length > 0 || strays.length > 0)
        return reply.code(400).send({ detail: 'the request is not as it is documented' });
      if (made.filter(runs).length >= voyage.mostAtOnce) return reply.code(429).send({ detail: 'too many batches are in flight' });
    }
    const code = refusals.shift();
    const batch: Made = {
      ...{ id: `batch_${++number}`, created_at: Math.floor(Date.now() / 1_000), input_file_id, metadata, lines },
      ...{ status: code === undefined ? 'in_progress' : 'failed', output_file_id: null, error_file_id: null },
      errors: code === undefined ? null : { data: [{ code, message: `refused for ${code}`, line: null }] },
    };
    made.push(batch);
    if (isAtOnce && code === undefined) end(batch, 'completed');
    if (lost-- > 0) {
      reply.hijack();
      reply.raw.destroy();
      return reply;
    }
    return told(batch);
  }

  return {
    sent,
    asked: () => askedFor,
    list: () =>
      made.map(({ id, status, metadata, lines }) => ({ id, status, metadata, texts: lines.map(({ body }) => String(body.input)) })),
    files: () => [...files.values()].map(({ filename }) => filename),
    finish({ expired, spoil } = {}) {
      for (const batch of made.filter(runs)) end(batch, expired === undefined ? 'completed' : 'expired', expired, spoil);
    },
    atOnce() {
      isAtOnce = true;
    },
    refuse: (...codes) => void refusals.push(...codes),
    loseReplies(count) {
      lost = count;
    },
    serve(server) {
      server.addContentTypeParser('multipart/form-data', { parseAs: 'buffer' }, async (_: FastifyRequest, body: Buffer) => body);
      const guarded =
        (work: (request: FastifyRequest, reply: FastifyReply) => unknown) => async (request: FastifyRequest, reply: FastifyReply) =>
          mayEnter(request.headers.authorization ?? null)
            ? work(request, reply)
            : reply.code(401).send({ error: { message: 'Incorrect API key' } });
      server.post('/v1/files', guarded(upload));
      server.get(
        '/v1/files',
        guarded(() => ({ object: 'list', has_more: false, data: [...files.values()].map(({ id, filename }) => ({ id, filename })) })),
      );
      server.get(
        '/v1/files/:id/content',
        guarded((request, reply) => {
          const file = files.get((request.params as { id: string }).id);
          return file === undefined ? missing(reply) : reply.type('application/octet-stream').send(file.content);
        }),
      );
      server.delete(
        '/v1/files/:id',
        guarded((request, reply) => {
          const { id } = request.params as { id: string };
          return files.delete(id) ? { id, object: 'file', deleted: true } : missing(reply);
        }),
      );
      server.post('/v1/batches', guarded(create));
      server.get(
        '/v1/batches',
        guarded((request) => {
          const { after, limit = '20' } = request.query as { after?: string; limit?: string };
          const all = made.toReversed();
          const from = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1;
          const data = all.slice(from, from + Math.min(Number(limit), pageLength)).map(told);
          return { object: 'list', data, last_id: data.at(-1)?.id, has_more: from + data.length < all.length };
        }),
      );
      server.get(
        '/v1/batches/:id',
        guarded((request, reply) => {
          const batch = find(request);
          return batch === undefined ? missing(reply) : told(batch);
        }),
      );
      server.post(
        '/v1/batches/:id/cancel',
        guarded((request, reply) => {
          const batch = find(request);
          if (batch === undefined) return missing(reply);
          if (runs(batch)) batch.status = 'cancelled';
          return told(batch);
        }),
      );
    },
  };
}
