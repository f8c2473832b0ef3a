import type { Kysely, Transaction } from 'kysely'
import type { Catalogue, Topic } from './catalogue.ts'
import type { Schema } from './schema.ts'

/** A database, and how changes to it are made known to everybody who has cached what it holds. */
export type Database = {
  db: Kysely<Schema>
  catalogue: Catalogue
  /**
   * Makes a change in one transaction. When it has committed, this node has forgotten what the topics name, and
   * the others are told.
   */
  write<T>(topics: readonly Topic[], change: (trx: Transaction<Schema>) => Promise<T>): Promise<T>
  /** When this node last knew all changes of all others, in milliseconds since the epoch. */
  inStepAtMs(): number
  /** False once this node is cut off for longer than it may go on by what it knew. */
  isCurrent(): boolean
  /** Throws when the database no longer answers. */
  ping(): Promise<void>
  close(): Promise<void>
}
