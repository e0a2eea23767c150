import { randomBytes } from 'node:crypto';
import type { AuditEntry } from '@reembed/contracts';
import { auditIdFrom } from '@reembed/core';

/** A line of the audit trail, written at a moment in ms since 1970. */
export function buildAuditEntry(atMs: number, change: Partial<AuditEntry> = {}): AuditEntry {
  const id = `${auditIdFrom(atMs).slice(0, -12)}${randomBytes(6).toString('hex')}`;
  return {
    ...{ id, act: id, at: new Date(atMs).toISOString(), kind: 'asked', what: 'switch', migration: 'm1', name: 'ada', role: 'admin' },
    ...{ knownBy: 'token', says: null, from: '127.0.0.1', words: null, phaseBefore: 'ready', phaseAfter: null, status: null, code: null },
    ...change,
  };
}
