import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { Kysely, sql } from 'kysely'
import { migrate } from '../../server/store/migrations.ts'
import { createPostgresDialect } from '../../server/store/postgres-dialect.ts'
import type { Schema } from '../../server/store/schema.ts'
import { createSqliteDialect } from '../../server/store/sqlite-dialect.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'

const kinds = [
  { kind: 'sqlite', skip: false, dialect: async () => createSqliteDialect(':memory:') },
  {
    kind: 'postgres',
    skip: skipWithoutPostgres,
    dialect: async () => createPostgresDialect(await createDatabase(), { error() {} }),
  },
] as const

async function rowsOf(db: Kysely<Schema>, table: keyof Schema): Promise<object[]> {
  const rows = await db.selectFrom(table).selectAll().execute()
  return rows.map(row => ({ ...row }))
}

for (const { kind, skip, dialect } of kinds) {
  describe(`a store from before, on ${kind}`, { skip }, () => {
    test('keeps its roles, with their policies and what is attached, when they become principals', async () => {
      const db = new Kysely<Schema>({ dialect: await dialect() })
      after(() => db.destroy())
      await migrate(db, kind, '0003-policy-versions')
      for (const statement of [
        `insert into roles (id, name, name_key, path, description, trust_policy, max_session_seconds, tags, created_at_ms, demo)
          values ('AROA1', 'Reader', 'reader', '/team/', 'reads', '{"t":1}', 7200, '{"k":"v"}', 5, 1)`,
        `insert into role_policies (role_id, name, document) values ('AROA1', 'own', '{"i":1}')`,
        `insert into policies (id, name, name_key, path, default_version, tags, created_at_ms, updated_at_ms, demo)
          values ('ANPA1', 'Shared', 'shared', '/', 'v1', '{}', 6, 6, 0)`,
        `insert into policy_versions (policy_id, version, document, created_at_ms) values ('ANPA1', 'v1', '{"m":1}', 6)`,
        `insert into role_attachments (role_id, policy_id, attached_at_ms) values ('AROA1', 'ANPA1', 7)`,
      ]) {
        await sql.raw(statement).execute(db)
      }

      await migrate(db, kind)
      assert.deepEqual(await rowsOf(db, 'principals'), [
        {
          id: 'AROA1',
          kind: 'role',
          name: 'Reader',
          name_key: 'reader',
          path: '/team/',
          tags: '{"k":"v"}',
          created_at_ms: 5,
          boundary_id: null,
        },
      ])
      assert.deepEqual(await rowsOf(db, 'roles'), [
        {
          id: 'AROA1',
          description: 'reads',
          trust_policy: '{"t":1}',
          max_session_seconds: 7200,
          trusted_ids: '{}',
          demo: 1,
        },
      ])
      assert.deepEqual(await rowsOf(db, 'inline_policies'), [
        { principal_id: 'AROA1', name: 'own', document: '{"i":1}' },
      ])
      assert.deepEqual(await rowsOf(db, 'attachments'), [
        { principal_id: 'AROA1', policy_id: 'ANPA1', attached_at_ms: 7 },
      ])
      // What refers to what still does.
      await assert.rejects(db.deleteFrom('policies').execute())
      await migrate(db, kind)
    })
  })
}
