import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bindAction } from '../../server/aws/action.ts'
import { createKeyringWrapper } from '../../server/keys/envelope.ts'
import { createKeyring } from '../../server/keys/keyring.ts'
import { deleteSecret } from '../../server/secrets/delete-secret.ts'
import type { SecretsDeps } from '../../server/secrets/deps.ts'
import { getSecretValue } from '../../server/secrets/get-secret-value.ts'
import { createVault } from '../../server/secrets/vault.ts'
import { root } from '../authorization/callers.ts'
import { accountId, facts } from '../federation/compose-gate.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { openEmbeddedStore } from '../support/stores.ts'

const token = 'v'.repeat(32)
const call = { facts, caller: root, warn() {} }

/** A store and a vault, and a way to make secrets in them. */
async function setUp() {
  const store = await openEmbeddedStore()
  const vault = createVault(createKeyringWrapper(createKeyring([Buffer.alloc(32, 1)])), accountId)
  const deps = { secrets: store.secrets, vault, accountId, clock: Date.now } as unknown as SecretsDeps
  const create = async (id: string, text: string) => {
    const version = await vault.seal(id, token, { kind: 'string', bytes: Buffer.from(text) }, 1)
    const stages = { AWSCURRENT: token }
    const secret = { id, name: 'db', tags: {}, stages, createdAtMs: 1, changedAtMs: 1 }
    await store.secrets.create(secret, version)
  }
  return { store, deps, create }
}

test('a secret that takes the name after the permission was asked for is not the one that is given out', async () => {
  const { store, deps, create } = await setUp()
  await create('db-AAAAAA', 'permitted')
  const action = bindAction(getSecretValue, deps)
  assert.ok(action.auth === 'signed')
  const prepared = action.read(new Map([['SecretId', 'db']]))
  const [permission] = await prepared.permissions(root)
  assert.match(permission?.resource ?? '', /:secret:db-AAAAAA$/)
  await store.secrets.delete('db-AAAAAA')
  await create('db-BBBBBB', 'never permitted')
  assert.equal((await refusalOf(prepared.run(call))).reason, 'entity.missing')
})

test('nor is one that is made while there was none', async () => {
  const { store, deps, create } = await setUp()
  const [get, remove] = [bindAction(getSecretValue, deps), bindAction(deleteSecret, deps)]
  assert.ok(get.auth === 'signed' && remove.auth === 'signed')
  const asked = ['db', `arn:aws:secretsmanager:us-east-1:${accountId}:secret:db`]
  const prepared = asked.map(id => get.read(new Map([['SecretId', id]])))
  const removing = remove.read(
    new Map([
      ['SecretId', 'db'],
      ['ForceDeleteWithoutRecovery', 'true'],
    ]),
  )
  for (const one of [...prepared, removing]) await one.permissions(root)
  await create('db-BBBBBB', 'never permitted')
  for (const one of prepared) assert.equal((await refusalOf(one.run(call))).reason, 'entity.missing')
  await removing.run(call)
  assert.ok(await store.secrets.find('db-BBBBBB'))
})
