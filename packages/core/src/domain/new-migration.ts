import type { Migration } from './migration.ts';

/** What a migration is known by from its first moment. `createdAt` in ISO 8601. */
export type NewMigration = Pick<Migration, 'id' | 'spec' | 'resolved' | 'owner' | 'createdAt'>;

/** The document of a migration that has done nothing yet. */
export function newMigration(known: NewMigration): Migration {
  const at = known.createdAt;
  return {
    ...known,
    phase: 'preparing',
    phaseNumber: 1,
    epoch: 0,
    resumeTo: null,
    updatedAt: at,
    witness: {},
    origins: {},
    pass: null,
    lastPassNumber: 0,
    announced: 0,
    claimed: false,
    waiting: null,
    error: null,
    verification: null,
    differing: null,
    watermark: null,
    lag: null,
    gating: null,
    gates: null,
    overrides: [],
    history: [{ phase: 'preparing', at }],
    samples: [],
    cutover: null,
    approval: null,
    syncRounds: 0,
    comparedPass: null,
    lookBackPass: null,
    lateWrites: [],
    deletesAllowed: null,
    rollback: null,
    loseWrites: null,
    dropVectors: [],
  };
}
