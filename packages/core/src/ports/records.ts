import type { ListedRecord, MigrationRecord } from '@reembed/contracts';

/**
 * What is known of migrations, kept where losing Redis loses none of it, and where it is read without a fleet. Throws what Qdrant answers,
 * and `metadata-damaged` where another version kept what this one does not read.
 */
export type Records = {
  /** Keeps a record in place of the one before, unless that is of a later phase: a coordinator that slept changes nothing. */
  keep(record: MigrationRecord): Promise<void>;
  /** Null where nothing is kept of the migration. */
  load(id: string): Promise<MigrationRecord | null>;
  /** All, newest first; without those that another version kept and this one does not read. */
  list(): Promise<readonly ListedRecord[]>;
  /** Keeps a text that is too long for a collection's metadata, by the SHA-256 of it; the same again changes nothing. */
  keepText(id: string, sha256: string, text: string): Promise<void>;
  /** Null where it is not there whole. */
  text(id: string, sha256: string): Promise<string | null>;
  /** Forgets everything of a migration; one of which nothing is kept is no error. */
  forget(id: string): Promise<void>;
};
