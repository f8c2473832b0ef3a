import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import * as cognito from '@aws-sdk/client-cognito-identity'
import * as iam from '@aws-sdk/client-iam'
import * as secretsManager from '@aws-sdk/client-secrets-manager'
import * as sts from '@aws-sdk/client-sts'
import { createCognitoService } from '../server/cognito/service.ts'
import { createIamService } from '../server/iam/service.ts'
import { createSecretsService } from '../server/secrets/service.ts'
import { createStsService } from '../server/sts/service.ts'

type Row = { action: string; served: string; note: string }

/** The rows of the tables, by the heading above each. */
const tables = new Map<string, Row[]>()
for (const section of readFileSync(join(import.meta.dirname, '../docs/compatibility.md'), 'utf8').split(
  /^## /m,
)) {
  const [heading = '', ...lines] = section.split('\n')
  const rows = lines.flatMap(line => {
    const [, action, served, note] = /^\| (\w+) \| (yes|partial|no) \| (.*?) ?\|$/.exec(line) ?? []
    return action === undefined ? [] : [{ action, served: served ?? '', note: note ?? '' }]
  })
  tables.set(heading.replace(/ \(.*/, ''), rows)
}

const namesIn = (sdk: object) =>
  Object.keys(sdk).flatMap(name => (/^[A-Z]\w+Command$/.test(name) ? name.replace(/Command$/, '') : []))

for (const [heading, sdk, service] of [
  ['Security Token Service', sts, createStsService({} as Parameters<typeof createStsService>[0])],
  ['Identity and Access Management', iam, createIamService({} as Parameters<typeof createIamService>[0])],
  ['Cognito Identity', cognito, createCognitoService({} as Parameters<typeof createCognitoService>[0])],
  ['Secrets Manager', secretsManager, createSecretsService({} as Parameters<typeof createSecretsService>[0])],
] as const) {
  const rows = tables.get(heading) ?? []

  test(`${heading}: every action that the SDK knows has one row`, () => {
    assert.deepEqual(rows.map(({ action }) => action).sort(), namesIn(sdk).sort())
  })

  test(`${heading}: yes and partial are what is served, and no is what is not`, () => {
    for (const { action, served } of rows) assert.equal(service.actions.has(action), served !== 'no', action)
    const own = tables.get('Rolecall’s own') ?? []
    for (const action of service.actions.keys()) {
      assert.ok(
        [...rows, ...own].some(row => row.action === action),
        action,
      )
    }
  })

  test(`${heading}: what is partial says what is missing`, () => {
    for (const { action, served, note } of rows)
      assert.equal(served === 'partial', served !== 'no' && note !== '', action)
  })
}
