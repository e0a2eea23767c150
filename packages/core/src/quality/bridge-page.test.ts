import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bridged } from './bridged.ts';

type OverBridge = <Hit extends { readonly id: number }>(old: readonly Hit[], fresh: readonly Hit[]) => Hit[];

it('docs/how-to/bridge.md puts lists together as the bench and the report do', async () => {
  const page = readFileSync(new URL('../../../../docs/how-to/bridge.md', import.meta.url), 'utf8');
  const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(page) ?? expect.fail('the page has code');
  const javaScript = encodeURIComponent(stripTypeScriptTypes(code));
  const { overBridge } = (await import(`data:text/javascript,${javaScript}`)) as { overBridge: OverBridge };
  const lists = fc.tuple(fc.uniqueArray(fc.nat(20)), fc.uniqueArray(fc.nat(20)));
  fc.assert(
    fc.property(lists, ([old, fresh]) => {
      const known = (ids: readonly number[]) => ids.map((id) => ({ id: { kind: 'integer' as const, id: String(id) } }));
      const plain = (ids: readonly number[]) => ids.map((id) => ({ id }));
      const wanted = bridged(known(old), known(fresh)).map(({ id }) => Number(id.id));
      expect(overBridge(plain(old), plain(fresh)).map(({ id }) => id)).toEqual(wanted);
    }),
  );
});
