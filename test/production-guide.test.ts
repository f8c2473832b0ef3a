/** Holds docs/guides/production.md to what the service takes. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import { readConfig } from '../server/config.ts'
import { lint } from '../server/policy/lint/lint.ts'
import { readGuide } from './support/run-guide.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const guide = readGuide('production.md')

test('the settings of the guide start a node in production, with PostgreSQL and without', () => {
  const [settings = ''] = guide.blocks('ini')
  const file = join(temporaryFolder(), 'master-key')
  writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o400 })
  const env = { ...parseEnv(settings), ROLECALL_MASTER_KEY_FILE: file }
  const config = readConfig(env)
  assert.equal(config.production, true)
  assert.equal(config.demo, false)
  assert.match(config.databaseUrl ?? '', /^postgres:/)
  assert.equal(readConfig({ ...env, DATABASE_URL: '' }).databaseUrl, undefined)
})

test('the first role trusts one person, flawlessly', () => {
  assert.deepEqual(
    guide.files.map(([name]) => name),
    ['trust.json'],
  )
  for (const [, json] of guide.files) assert.deepEqual(lint(json, 'trust'), [])
})

test('what the proxy is told to send is what the service reads', () => {
  const [server = ''] = guide.blocks('nginx')
  for (const header of ['Host', 'X-Forwarded-For', 'X-Forwarded-Proto'])
    assert.match(server, new RegExp(`proxy_set_header ${header} `))
})
