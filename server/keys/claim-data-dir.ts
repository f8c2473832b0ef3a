import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export type DataDirClaim = {
  /** May be called again. */
  release(): void
}

/**
 * Claims the data folder for this process. Two on one folder would each answer from a catalogue of its own: a
 * role deleted in one would live on in the other.
 *
 * The claim is a lock that SQLite holds on a file: the system lets go of it when the process ends, however it
 * ends, so that a crash leaves nothing behind which a person would have to clear away.
 *
 * @throws {Error} when another process has it
 */
export function claimDataDir(dataDir: string): DataDirClaim {
  const lock = new DatabaseSync(join(dataDir, 'lock'))
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    const { errcode } = error as { errcode?: number }
    if (errcode !== sqliteBusy) throw error
    throw new Error(`another Rolecall is running on the data folder ${dataDir}`)
  }
  return { release: () => lock.isOpen && lock.close() }
}

/** @see https://www.sqlite.org/rescode.html#busy */
const sqliteBusy = 5
