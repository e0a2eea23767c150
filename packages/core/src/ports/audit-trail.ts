import type { AuditEntry } from '@reembed/contracts';

/** Some lines of a trail, the oldest first; `next`: the id that the page after begins with, null at the end. */
export type AuditLines = {
  /** Each as it is stored, in JSON; reembed of another version may have written it. */
  readonly lines: readonly string[];
  readonly next: string | null;
};

/**
 * Who did what, kept where losing Redis loses none of it. Lines are added and read, never changed: an id that is there already is left as it is. Throws what
 * Qdrant answers.
 */
export type AuditTrail = {
  /** When it returns, the line is stored. Its id is a UUID of version 7: later ones are greater. */
  append(entry: AuditEntry): Promise<void>;
  /** Lines from an id on, the oldest first; null: from the start. */
  page(from: string | null, limit: number): Promise<AuditLines>;
  /** Takes away lines from before a moment (in ms since 1970), and the oldest of more than `most`; answers how many. */
  prune(beforeMs: number, most: number): Promise<number>;
};

/** The least id of a UUID of version 7 made at a moment, in ms since 1970: what was written since then is not below it. */
export function auditIdFrom(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0').slice(-12);
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
