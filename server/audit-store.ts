import type { AuditSink } from './audit/audit-sink.ts'
import { openPostgresSink } from './audit/postgres-sink.ts'
import { openSqliteSink, type SqliteSinkOptions } from './audit/sqlite-sink.ts'
import type { Config } from './config.ts'
import { auditFile } from './installation.ts'

/** Where the audit log lies: beside the store, or in the database that nodes share. */
type AuditLocation = Pick<Config, 'databaseUrl' | 'dataDir'>

export function openAuditSink(
  { databaseUrl, dataDir }: AuditLocation,
  bounds: Pick<SqliteSinkOptions, 'lockTimeoutMs'> | undefined,
): Promise<AuditSink> {
  if (databaseUrl !== undefined) return openPostgresSink(databaseUrl)
  return openSqliteSink({ file: auditFile(dataDir), lockTimeoutMs: bounds?.lockTimeoutMs })
}
