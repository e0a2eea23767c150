import { freePort, startTestQdrant, type TestQdrant } from '@reembed/testkit';

/** A Qdrant that a test may take down, wherever the others run: a local server of its own. */
export type OwnQdrant = TestQdrant & { readonly local: NonNullable<TestQdrant['local']> };

export async function startOwnQdrant(): Promise<OwnQdrant> {
  const qdrant = await startTestQdrant({ port: await freePort() });
  const { local } = qdrant;
  if (local === null) throw new Error('a local server was asked for');
  return { ...qdrant, local };
}
