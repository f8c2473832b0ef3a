import { DatabaseSync, type StatementSync } from 'node:sqlite'
import {
  type DatabaseConnection,
  type Driver,
  type SqliteDatabase,
  SqliteDialect,
  SqliteDriver,
  type SqliteStatement,
} from 'kysely'

const mostStatements = 500

/**
 * Kysely's SQLite dialect on Node's own `node:sqlite`.
 *
 * @param file a path, or `:memory:`
 */
export function createSqliteDialect(file: string, access: 'write' | 'read' = 'write'): SqliteDialect {
  const database = access === 'write' ? openDatabase(file) : openToRead(file)
  return new (class extends SqliteDialect {
    override createDriver(): Driver {
      return new SerialSqliteDriver({ database: asKyselyDatabase(database) })
    }
  })({ database: asKyselyDatabase(database) })
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file)
  // FULL: a commit that was answered survives a power cut, not only a crash of the process. The cache of 32 MiB holds the
  // inner pages of what may have a million rows; SQLite's own of 2 MiB reads them anew all the time.
  database.exec(`
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;
    PRAGMA cache_size = -32768;
    PRAGMA busy_timeout = 5000;
  `)
  return database
}

/** SQLite's readers never wait for a writer, nor the other way. */
function openToRead(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true })
  database.exec('PRAGMA busy_timeout = 5000')
  return database
}

/**
 * One connection, one user at a time. Kysely's own driver hands the same connection to everybody
 * at once, so that a statement could slip into somebody else's open transaction and be rolled back
 * with it.
 */
class SerialSqliteDriver extends SqliteDriver {
  #tail: Promise<void> = Promise.resolve()
  #release: () => void = () => undefined

  override async acquireConnection(): Promise<DatabaseConnection> {
    const before = this.#tail
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#tail = promise
    await before
    this.#release = resolve
    return super.acquireConnection()
  }

  override async releaseConnection(): Promise<void> {
    this.#release()
  }
}

function asKyselyDatabase(database: DatabaseSync): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare(sql) {
      const known = statements.get(sql)
      if (known !== undefined) return known
      const statement = asKyselyStatement(database.prepare(sql))
      if (statements.size >= mostStatements) statements.clear()
      statements.set(sql, statement)
      return statement
    },
  }
}

function asKyselyStatement(statement: StatementSync): SqliteStatement {
  const values = (parameters: ReadonlyArray<unknown>) => parameters as Parameters<StatementSync['all']>
  return {
    reader: statement.columns().length > 0,
    all: parameters => statement.all(...values(parameters)),
    run: parameters => statement.run(...values(parameters)),
    iterate: parameters => statement.iterate(...values(parameters)),
  }
}
