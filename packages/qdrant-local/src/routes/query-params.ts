import { failure } from '../api-error.ts';
import type { RequestContext } from './route.ts';

/** Checks the query string of a write and returns its `wait`. Throws 400. */
export function readWait({ query }: RequestContext): boolean {
  const wait = query.get('wait') ?? 'false';
  if (wait !== 'true' && wait !== 'false') throw failure.query('provided string was not `true` or `false`');
  const ordering = query.get('ordering') ?? 'weak';
  if (!['weak', 'medium', 'strong'].includes(ordering))
    throw failure.query(`unknown variant \`${ordering}\`, expected one of \`weak\`, \`medium\`, \`strong\``);
  checkTimeout(query.get('timeout'));
  return wait === 'true';
}

/** Seconds of `timeout`, where given. */
export function timeoutSeconds({ query }: RequestContext): number | undefined {
  const timeout = query.get('timeout');
  return timeout === null ? undefined : Number(timeout);
}

/** Checks the query string of a read: one server is always consistent and in time, but takes no nonsense. Throws 400. */
export function checkReadParams({ query }: RequestContext): void {
  const consistency = query.get('consistency') ?? 'majority';
  if (!/^(majority|quorum|all|\d+)$/.test(consistency)) {
    throw failure.query(`failed to deserialize read consistency query parameter value '${consistency}'`);
  }
  checkTimeout(query.get('timeout'));
  if (query.get('timeout') === '0') throw failure.query('invalid value: integer `0`, expected a nonzero u64');
}

function checkTimeout(timeout: string | null): void {
  if (timeout !== null && !/^\+?\d+$/.test(timeout)) throw failure.query('invalid digit found in string');
}
