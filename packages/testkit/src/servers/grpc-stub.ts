import { Metadata, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, type status } from '@grpc/grpc-js';

/** What the stub is asked: the bytes of a request, and what came with them. */
export type StubCall = { readonly path: string; readonly body: Buffer; readonly metadata: Metadata; readonly cancelled: Promise<void> };

type Refusal = { readonly code: status; readonly details: string; readonly retryAfter?: string };
export type StubAnswer = Buffer | Refusal | Promise<Buffer | Refusal>;

const methods = [
  '/qdrant.Points/Scroll',
  '/qdrant.Points/Upsert',
  '/qdrant.Points/UpdateVectors',
  '/qdrant.Collections/Get',
  '/qdrant.Qdrant/HealthCheck',
];

/** A server that speaks gRPC and knows no message: bytes in, bytes out, as `answer` says. */
export async function startGrpcStub(answer: (call: StubCall) => StubAnswer) {
  const calls: StubCall[] = [];
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  const asItIs = (bytes: Buffer) => bytes;
  for (const path of methods) {
    const layout = { requestSerialize: asItIs, requestDeserialize: asItIs, responseSerialize: asItIs, responseDeserialize: asItIs };
    const definition = { path, originalName: 'call', requestStream: false, responseStream: false, ...layout };
    const handle = async (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
      const cancelled = new Promise<void>((resolve) => void call.once('cancelled', resolve));
      const one = { path, body: call.request, metadata: call.metadata, cancelled };
      calls.push(one);
      const given = await answer(one);
      if (Buffer.isBuffer(given)) return reply(null, given);
      const said = new Metadata();
      if (given.retryAfter !== undefined) said.set('retry-after', given.retryAfter);
      reply({ code: given.code, details: given.details, metadata: said });
    };
    server.addService({ call: definition }, { call: handle });
  }
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { url: `http://127.0.0.1:${port}`, calls, [Symbol.asyncDispose]: async () => server.forceShutdown() };
}
