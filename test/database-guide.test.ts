/** Runs what docs/guides/database-credentials.md tells people to write. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { parseEnv, promisify } from 'node:util'
import { CreateSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { readConfig } from '../server/config.ts'
import { databaseRules } from '../server/outbound-rules.ts'
import { lint } from '../server/policy/lint/lint.ts'
import {
  createDatabaseEngines,
  createDatabaseRotators,
} from '../server/secrets/databases/create-database-rotators.ts'
import { callSecretsManager } from './support/call-secrets-manager.ts'
import { leasedUsers } from './support/database-role.ts'
import { type DatabaseServer, rotatorOf } from './support/database-server.ts'
import { skipWithoutMariaDb, startMariaDb } from './support/mariadb.ts'
import { skipWithoutPostgresHere, startPostgresWithTls } from './support/postgres-with-tls.ts'
import { startRolecall } from './support/rolecall.ts'
import { deskOverTheWire, rotate } from './support/rotation-desk.ts'
import { readGuide } from './support/run-guide.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const run = promisify(execFile)
const guide = readGuide('database-credentials.md')
// A file's name may be followed by words about it.
const files = new Map(
  [...guide.text.matchAll(/`(\S+\.json)`[^`\n]*(?:`[^`\n]*`[^`\n]*)*:\n\n```json\n([^`]*)```/g)].map(
    ([, name = '', json = '']) => [name, json],
  ),
)
const [settings = '', commands = ''] = guide.blocks('sh')
const asked = { GetSecretValue: GetSecretValueCommand, CreateSecret: CreateSecretCommand }

test('the guide has the files that this test is about', () => {
  assert.deepEqual(
    [...files.keys()],
    ['master.json', 'app.json', 'reader.json', 'reader-mysql.json', 'reader-policy.json'],
  )
})

test('its settings are taken in production, and list what its secrets name', () => {
  const production = { ROLECALL_PUBLIC_URL: 'https://login.example', ROLECALL_TRUSTED_PROXIES: '10.0.0.7' }
  const { databases, ...config } = readConfig({ ...production, ...parseEnv(settings) })
  assert.equal(databases.caFile, '/etc/rolecall/databases.pem')
  const { caFile: _, ...lists } = databases
  const { host, port } = JSON.parse(files.get('master.json') ?? '')
  assert.ok(databaseRules({ ...config, databases: lists }).isListed(host, port))
})

test('its policy is flawless', () => {
  const policy = (files.get('reader-policy.json') ?? '').replace('ACCOUNT', '123456789012')
  assert.deepEqual(lint(policy, 'identity'), [])
})

test('it names every rotator, and no other', () => {
  const rules = { isListed: () => false, isListedPlain: () => false, allowLoopback: false }
  const named = new Set(guide.text.match(/rolecall-(?:postgresql|mysql)-[a-z-]*[a-z]/g))
  assert.deepEqual([...named].sort(), [...createDatabaseRotators(createDatabaseEngines(rules)).keys()].sort())
})

for (const [name, skip, startServer, language, roleFile] of [
  ['PostgreSQL', skipWithoutPostgresHere, startPostgresWithTls, 'postgresql', 'reader.json'],
  ['MariaDB', skipWithoutMariaDb, startMariaDb, 'mysql', 'reader-mysql.json'],
] as const) {
  describe(`${name}, as the guide has it`, { skip }, async () => {
    if (skip) return
    const server = await startServer()
    const rolecall = await startRolecall({ ROLECALL_DATABASE_CA_FILE: server.caFile })
    const client = rolecall.secrets()
    let masterArn = 'MASTER_ARN'
    const secretIn = (file: string) => {
      const { engine, host, port } = server
      const here = { ...JSON.parse(files.get(file) ?? ''), engine, host, port, dbname: server.dbname }
      return JSON.stringify(here).replace('MASTER_ARN', masterArn)
    }

    test('its statements are all that the master needs to rotate', async () => {
      const [sql = ''] = guide.blocks(language)
      await runAll(server, sql)
      const create = async (Name: string) =>
        String(
          (await client.send(new asked.CreateSecret({ Name, SecretString: secretIn(`${Name}.json`) }))).ARN,
        )
      masterArn = await create('master')
      const app = await create('app')
      const users = new Set<string>()
      for (const strategy of [
        'alternating-users',
        'alternating-users',
        'alternating-users',
        'single-user',
      ] as const) {
        await rotate(rotatorOf(server, strategy), deskOverTheWire(client, app))
        const { SecretString = '' } = await client.send(new asked.GetSecretValue({ SecretId: app }))
        const user = JSON.parse(SecretString)
        assert.ok(await server.logsIn(user))
        users.add(user.username)
      }
      assert.deepEqual([...users], ['app_clone', 'app'])
    })

    test('its role makes a user who is dropped again', async () => {
      if (server.kind === 'postgresql') {
        await runAll(
          server,
          'create role readers; grant readers to rolecall_master with admin option; grant select on things to readers',
        )
      }
      const folder = temporaryFolder()
      writeFileSync(join(folder, 'reader.json'), (files.get(roleFile) ?? '').replace('MASTER_ARN', masterArn))
      const { Username: username = '', Password: password = '', LeaseId } = await runCommands(folder)
      assert.ok(await server.logsIn({ username, password }))
      const { body } = await callSecretsManager(rolecall.port, rolecall.rootKeys, 'RevokeDatabaseLease', {
        LeaseId,
      })
      assert.deepEqual(body, { LeaseId, Dropped: true })
      assert.deepEqual(await leasedUsers(server), [])
    })

    /** The two lines of the guide. Answers what the second is answered. */
    async function runCommands(folder: string): Promise<Record<string, string>> {
      let answer = ''
      for (const line of commands.trim().split('\n')) {
        const here = line
          .replace('https://login.example/', `http://127.0.0.1:${rolecall.port}/`)
          .replace('{"Name":"reader"}', JSON.stringify({ Name: roleFile.replace('.json', '') }))
        const env = {
          PATH: process.env.PATH,
          AWS_ACCESS_KEY_ID: rolecall.rootKeys.accessKeyId,
          AWS_SECRET_ACCESS_KEY: rolecall.rootKeys.secretAccessKey,
        }
        answer = (await run('bash', ['-c', here], { cwd: folder, env })).stdout
      }
      return JSON.parse(answer)
    }
  })
}

async function runAll(server: DatabaseServer, sql: string): Promise<void> {
  for (const statement of sql.split(';')) {
    if (statement.trim() !== '') await server.query(statement)
  }
}

test('every page that it leads to is there', () => {
  for (const [, link = ''] of guide.text.matchAll(/\]\(([^)#]+)/g))
    assert.ok(existsSync(new URL(link, new URL('../docs/guides/', import.meta.url))), link)
})
