import { callerHeader, type KnownBy, type Role } from '@reembed/contracts';
import type { FastifyRequest } from 'fastify';

/** Whoever asks. `name` comes from what they signed in with; where that tells nobody apart, `says` is all there is. */
export type Person = {
  readonly name: string;
  readonly role: Role;
  readonly knownBy: KnownBy;
  /** When what they signed in with ends; null: it does not, or whoever said who they are knows. */
  readonly until: Date | null;
};

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until the guard has let them in, and where anybody may ask. */
    person: Person | null;
  }
}

/** Whether the name is proven, and not only the caller's own word. */
export function isKnown({ knownBy }: Person): boolean {
  return knownBy === 'token' || knownBy === 'oidc' || knownBy === 'proxy';
}

/**
 * Who asks, for logs and decisions: `ada from 10.0.0.4`. A name that nobody proved says whose word it is, but on loopback, where it is everybody's own
 * machine.
 */
export function callerOf(request: Pick<FastifyRequest, 'headers' | 'ip' | 'person'>): string {
  const { person, ip } = request;
  const said = person?.knownBy === 'shared-token' ? wordOf(request) : null;
  return `${person?.name ?? 'somebody'}${said === null ? '' : ` (who says to be ${said})`} from ${ip}`;
}

/** What a caller calls itself, percent-encoded because a header carries no umlauts; null: nothing. */
export function wordOf({ headers }: Pick<FastifyRequest, 'headers'>): string | null {
  return plainName(unescaped(String(headers[callerHeader] ?? '')));
}

/** A name from elsewhere, without what would move a terminal's cursor; null: nothing is left of it. */
export function plainName(text: string): string | null {
  const plain = text
    .replace(/[\p{Cc}\p{Cf}]/gu, '')
    .trim()
    .slice(0, 100)
    .toWellFormed();
  return plain === '' ? null : plain;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
