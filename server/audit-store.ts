import { join } from 'node:path'
import type { AuditSink } from './audit/audit-sink.ts'
import { createPostgresReader } from './audit/postgres-reader.ts'
import { openPostgresSink } from './audit/postgres-sink.ts'
import { createSqliteReader } from './audit/sqlite-reader.ts'
import { openSqliteSink, type SqliteSinkOptions } from './audit/sqlite-sink.ts'
import type { Config } from './config.ts'

/** Where the audit log lies: beside the store, or in the database that nodes share. */
type AuditLocation = Pick<Config, 'databaseUrl' | 'dataDir'>

export function openAuditReader({ databaseUrl, dataDir }: AuditLocation) {
  if (databaseUrl !== undefined) return createPostgresReader(databaseUrl)
  return createSqliteReader(join(dataDir, 'audit.db'))
}

export function openAuditSink(
  { databaseUrl, dataDir }: AuditLocation,
  bounds: Pick<SqliteSinkOptions, 'lockTimeoutMs'> | undefined,
): Promise<AuditSink> {
  if (databaseUrl !== undefined) return openPostgresSink(databaseUrl)
  return openSqliteSink({ file: join(dataDir, 'audit.db'), lockTimeoutMs: bounds?.lockTimeoutMs })
}
