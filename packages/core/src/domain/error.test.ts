import { keepSecret } from '@reembed/contracts';
import { expect, it } from 'vitest';
import { ReembedError } from './error.ts';

it('an error says no secret that this process was told, whoever it quotes', () => {
  keepSecret('the-key-of-qdrant');
  const issues = [{ field: 'source', value: 'http://the-key-of-qdrant@host', message: 'says the-key-of-qdrant' }];
  const error = new ReembedError('qdrant-refused', 'it says: api-key the-key-of-qdrant', { issues });
  expect(error.message).toBe('it says: api-key (secret)');
  expect(error.issues).toEqual([{ field: 'source', value: 'http://(secret)@host', message: 'says (secret)' }]);
});
