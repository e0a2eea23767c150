import { deadLettersSchema } from '@reembed/contracts';
import { errors } from '../openapi/error-responses.ts';
import { routeGroup } from './route-group.ts';

/** Jobs that nobody can work on. */
export const deadLetterRoutes = routeGroup((app, deps) => {
  const schema = {
    ...{ tags: ['failures'], operationId: 'listDeadLetters', summary: 'Jobs that nobody can work on, with why; the newest 1,000 first' },
    response: { 200: deadLettersSchema, ...errors() },
  };
  app.get('/dead-letters', { schema }, async () => ({ deadLetters: [...(await deps.deadLetters.list())] }));
});
