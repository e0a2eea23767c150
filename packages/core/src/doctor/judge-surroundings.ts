import { isAtLeast } from '../domain/collection-info.ts';
import type { ModelFacts, VectorShape } from '../ports/embedder.ts';

/** What was looked at, how it is, and what to do about it (null: nothing). `broken` stops a migration or may cost data; `poor` costs time. */
export type Judged = {
  readonly of: 'Redis' | 'Qdrant' | 'provider' | 'clock';
  readonly state: 'good' | 'poor' | 'broken';
  readonly says: string;
  readonly mend: string | null;
};

export type RedisFacts = {
  /** `7.4.6`. */
  readonly version: string;
  /** What is evicted where memory is full; null where it is not told. */
  readonly policy: string | null;
  /** 0: as much as the machine has. */
  readonly maxMemoryBytes: number;
  readonly usedMemoryBytes: number;
  readonly keepsEveryWrite: boolean;
  /** `ok`, or how its last write to disk went; null where it is not told. */
  readonly lastSave: string | null;
  readonly clockAheadMs: number;
};

export type QdrantFacts = {
  readonly version: string;
  /** Why this key may not manage collections; null: it may. */
  readonly manageRefusal: string | null;
  /** Why points do not go over gRPC; null: they can. */
  readonly binaryRefusal: string | null;
  readonly diskPercent: number | null;
  readonly memoryPercent: number | null;
  /** Collections whose strict mode is on, with the limits that it sets. */
  readonly strict: readonly { readonly collection: string; readonly limits: readonly string[] }[];
};

const good = (of: Judged['of'], says: string): Judged => ({ of, state: 'good', says, mend: null });
const poor = (of: Judged['of'], says: string, mend: string): Judged => ({ of, state: 'poor', says, mend });
const broken = (of: Judged['of'], says: string, mend: string): Judged => ({ of, state: 'broken', says, mend });

/** Below it, BullMQ's scripts miss commands. */
const oldestRedis = [6, 2] as const;
/** A Redis, or a disk, that is so full does not last a migration. */
const fullPercent = 85;

export function judgeRedis(facts: RedisFacts): Judged[] {
  const { version, policy, maxMemoryBytes, usedMemoryBytes, keepsEveryWrite, lastSave } = facts;
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < oldestRedis[0] || (major === oldestRedis[0] && minor < oldestRedis[1]);
  const percent = maxMemoryBytes === 0 ? 0 : Math.round((100 * usedMemoryBytes) / maxMemoryBytes);
  return [
    isOld ? broken('Redis', `version ${version}`, 'run Redis 6.2 or later, or Valkey') : good('Redis', `version ${version}`),
    policy === null || policy === 'noeviction'
      ? good('Redis', `evicts nothing${policy === null ? ', as far as it tells' : ''}`)
      : broken(
          'Redis',
          `evicts by ${policy}, jobs and checkpoints too`,
          'redis-cli config set maxmemory-policy noeviction, and the same in its configuration',
        ),
    keepsEveryWrite
      ? good('Redis', 'keeps every write on disk')
      : poor(
          'Redis',
          'forgets what it had since its last snapshot when it ends',
          'set `appendonly yes` (`appendfsync everysec`); without, a restart costs time and no data',
        ),
    ...(lastSave === null || lastSave === 'ok'
      ? []
      : [
          broken(
            'Redis',
            `its last write to disk ended with "${lastSave}"`,
            'look at its disk and its log: it refuses writes in this state',
          ),
        ]),
    ...(percent >= fullPercent
      ? [poor('Redis', `${percent} % of its maxmemory is used`, 'raise maxmemory: where it is full, work stops')]
      : []),
  ];
}

/**
 * A Redis that does not answer, in the words of whoever asked it. `startsOwn`: REDIS_URL names none, and this machine has a program of it, which commands
 * that bring a fleet of their own start.
 */
export function judgeNoRedis(says: string, startsOwn: boolean): Judged {
  return startsOwn
    ? poor(
        'Redis',
        'none is running, and none is named',
        'no need to: `reembed run` starts its own here; a lasting fleet wants one that stays, by REDIS_URL',
      )
    : broken('Redis', says, 'set REDIS_URL to yours, or install redis-server: commands that bring a fleet of their own start it');
}

export function judgeQdrant({ version, manageRefusal, binaryRefusal, diskPercent, memoryPercent, strict }: QdrantFacts): Judged[] {
  return [
    !isAtLeast(version, 16)
      ? broken('Qdrant', `version ${version}`, 'run 1.16 or later: older ones cannot insert without overwriting')
      : !isAtLeast(version, 18)
        ? poor('Qdrant', `version ${version}`, '1.18 or later adds vectors in place; everything else works')
        : good('Qdrant', `version ${version}`),
    manageRefusal === null
      ? good('Qdrant', 'this key may manage collections')
      : broken('Qdrant', `this key may not manage collections: ${manageRefusal}`, 'give reembed the rights of docs/how-to/least-rights.md'),
    binaryRefusal === null
      ? good('Qdrant', 'points go over gRPC')
      : poor('Qdrant', binaryRefusal, 'open its gRPC port, or set QDRANT_GRPC_URL: REST is right and slower'),
    ...[['disk', diskPercent] as const, ['memory', memoryPercent] as const].flatMap(([what, percent]) => judgeFull(what, percent)),
    ...strict.map(({ collection, limits }) =>
      poor(
        'Qdrant',
        `"${collection}" is under strict mode: ${limits.join(', ') || 'no limits'}`,
        'a plan says whether they let a migration through',
      ),
    ),
  ];
}

function judgeFull(what: string, percent: number | null): Judged[] {
  if (percent === null) return [];
  const says = `${Math.round(percent)} % of its ${what} is used`;
  return [
    percent < fullPercent ? good('Qdrant', says) : broken('Qdrant', says, `a second collection needs as much again: give it more ${what}`),
  ];
}

/** What a model answered for one short text: how many numbers, of whatever shape it gives, or why it did not. */
export type Probed = { readonly facts: ModelFacts; readonly answered: { readonly numbers: number } | { readonly failed: string } };

export function judgeProvider({ facts: { model, shape, limits, dimensions }, answered }: Probed): Judged {
  if ('failed' in answered)
    return broken('provider', `${model} does not answer: ${answered.failed}`, 'docs/providers.md says what each needs');
  const { requestsPerMinute, tokensPerMinute } = limits;
  const told = `${tokensPerMinute ?? 'no known limit of'} tokens and ${requestsPerMinute ?? 'no known limit of'} requests a minute`;
  const given = givenOf[shape](answered.numbers, dimensions);
  if (!given.fits)
    return broken(
      'provider',
      `${model} gives ${given.says}, where ${dimensions} dimensions are expected`,
      'mend its entry in reembed.config.yaml: another model stands behind the name',
    );
  return good('provider', `${model} answers with ${given.says}; ${told}`);
}

type Given = { readonly says: string; readonly fits: boolean };

/** Words come as a pair of numbers each, rows one after another. */
const givenOf: Readonly<Record<VectorShape, (numbers: number, dimensions: number | null) => Given>> = {
  dense: (numbers, dimensions) => ({ says: `${numbers} dimensions`, fits: dimensions === null || numbers === dimensions }),
  words: (numbers) => ({ says: `${numbers / 2} words`, fits: true }),
  rows: (numbers, dimensions) => {
    const rows = dimensions === null ? null : numbers / dimensions;
    if (rows === null) return { says: `${numbers} numbers in rows`, fits: true };
    return Number.isInteger(rows)
      ? { says: `${rows} rows of ${dimensions} dimensions`, fits: true }
      : { says: `rows of ${numbers} numbers in all`, fits: false };
  },
};

/** Waits, locks and tokens are told by clocks; a second is nothing to them. */
export function judgeClock(whose: string, aheadMs: number): Judged {
  const seconds = Math.abs(aheadMs) / 1_000;
  const says = `${whose} is ${seconds.toFixed(1)} s ${aheadMs > 0 ? 'ahead of' : 'behind'} this machine`;
  if (seconds < 2) return good('clock', says);
  return (seconds < 30 ? poor : broken)('clock', says, 'let both keep time by NTP: tokens expire and waits end by these clocks');
}
