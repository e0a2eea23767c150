import type { Command, ErrorReply, MigrationEvent, MigrationView, Phase, Progress, SpecInput, SubmitReply } from '@reembed/contracts';
import { eventually } from './eventually.ts';

export type Answer<T> = { readonly status: number; readonly body: T };

/** The API of whichever coordinator lives. */
export type MigrationApi = {
  /** One request to one coordinator; throws where none answers. */
  request<T>(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer<T>>;
  /** Submits, and throws unless the spec is taken. */
  submit(spec: SpecInput): Promise<SubmitReply>;
  /** Submits a spec that has to be refused. */
  refused(spec: unknown): Promise<Answer<ErrorReply>>;
  view(id: string): Promise<MigrationView>;
  /** Throws where the command is refused. */
  command(id: string, command: Command, words?: unknown): Promise<MigrationView>;
  /** Throws unless the command is refused. */
  refusedCommand(id: string, command: Command, words?: unknown): Promise<Answer<ErrorReply>>;
  /** Waits for a phase that begins now or later, by the events; throws where another one rests that it cannot come from. */
  until(id: string, ...phases: readonly Phase[]): Promise<MigrationView>;
  /** Waits for a progress that satisfies. */
  untilProgress(id: string, satisfies: (progress: Progress) => boolean): Promise<Progress>;
  /** All phases so far, in order. */
  phases(id: string): Promise<Phase[]>;
};

const stuck: readonly Phase[] = ['failed', 'paused', 'cancelled', 'completed', 'rolled-back'];
const waitMs = 150_000;

/** `addresses`: the coordinators that live now; `details` is added to what goes wrong. */
export function createMigrationApi(addresses: () => readonly string[], details: () => string): MigrationApi {
  async function request<T>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    const [address] = addresses();
    if (address === undefined) throw new Error(`no coordinator lives to answer ${method} ${path}`);
    const json = body === undefined ? {} : { body: JSON.stringify(body) };
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await fetch(address + path, { method, headers: { ...type, ...headers }, ...json });
    return { status: answer.status, body: (await answer.json()) as T };
  }
  const expectStatus = <T>(what: string, { status, body }: Answer<T>, ok: boolean): Answer<T> => {
    if (status < 300 === ok) return { status, body };
    throw new Error(`${what} was answered with ${status}: ${JSON.stringify(body)}`);
  };
  const post = async <T>(path: string, body: unknown, ok: boolean) =>
    expectStatus<T>(`POST ${path}`, await request<T>('POST', path, body), ok);
  /** A coordinator may have been killed under way: looking has no effect, so it is done again. */
  const view = (id: string) =>
    eventually(`a coordinator shows ${id}`, async () => {
      const answer = await request<MigrationView>('GET', `/v1/migrations/${id}`).catch(() => null);
      return answer?.status === 200 ? answer.body : null;
    });
  const events = (id: string, signal: AbortSignal) => followEvents(addresses, id, signal);

  async function watch<T>(what: string, id: string, read: (event: MigrationEvent) => T | null | Promise<T | null>): Promise<T> {
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), waitMs);
    try {
      for await (const event of events(id, ending.signal)) {
        const found = await read(event);
        if (found === null) continue;
        // First the request: where the coordinator was killed meanwhile, closing its stream in good order takes for ever.
        ending.abort();
        return found;
      }
    } finally {
      clearTimeout(timer);
      ending.abort();
    }
    throw new Error(`${what}: not within ${waitMs} ms; ${JSON.stringify(await view(id))}${details()}`);
  }

  return {
    request,
    submit: async (spec) => (await post<SubmitReply>('/v1/migrations', spec, true)).body,
    refused: (spec) => post<ErrorReply>('/v1/migrations', spec, false),
    view,
    command: async (id, command, words = {}) => (await post<MigrationView>(`/v1/migrations/${id}/${command}`, words, true)).body,
    refusedCommand: (id, command, words = {}) => post<ErrorReply>(`/v1/migrations/${id}/${command}`, words, false),
    async until(id, ...phases) {
      const begin = await view(id);
      if (phases.includes(begin.phase)) return begin;
      return watch(`${id} is ${phases.join(' or ')}`, id, async (event) => {
        if (event.type !== 'phase' || event.number <= begin.phaseNumber) return null;
        if (phases.includes(event.phase)) return view(id);
        if (!stuck.includes(event.phase)) return null;
        throw new Error(`${id} is ${event.phase}, not ${phases.join(' or ')}: ${JSON.stringify(await view(id))}${details()}`);
      });
    },
    untilProgress: (id, satisfies) =>
      watch(`${id} has come that far`, id, (event) => (event.type === 'progress' && satisfies(event.progress) ? event.progress : null)),
    async phases(id) {
      const { phase, phaseNumber } = await view(id);
      const seen: Phase[] = [];
      await watch(`the phases of ${id}`, id, (event) => {
        if (event.type === 'phase') seen.push(event.phase);
        return event.type === 'phase' && event.number === phaseNumber && event.phase === phase ? true : null;
      });
      return seen;
    },
  };
}

/** All events from the first one kept; goes on at another coordinator where the connection breaks. */
async function* followEvents(addresses: () => readonly string[], id: string, signal: AbortSignal): AsyncGenerator<MigrationEvent> {
  for (let last = '0'; !signal.aborted; ) {
    const address = await eventually('a coordinator lives', () => addresses()[0] ?? null);
    try {
      const answer = await fetch(`${address}/v1/migrations/${id}/events`, { headers: { 'last-event-id': last }, signal });
      if (!answer.ok || answer.body === null) throw new Error(`the events of ${id} were answered with ${answer.status}`);
      for await (const { id: at, event } of readEvents(answer.body)) {
        last = at;
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof TypeError)) throw error;
    }
  }
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<{ id: string; event: MigrationEvent }> {
  let text = '';
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const fields = Object.fromEntries(
        text
          .slice(0, end)
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      text = text.slice(end + 2);
      if (fields.data !== undefined && fields.id !== undefined) yield { id: fields.id, event: JSON.parse(fields.data) };
    }
  }
}
