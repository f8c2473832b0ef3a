import assert from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { createKeyringWrapper } from '../../server/keys/envelope.ts'
import { createKeyring } from '../../server/keys/keyring.ts'
import { createVault } from '../../server/secrets/vault.ts'
import { faultOf } from '../support/aws-calls.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { startRolecall } from '../support/rolecall.ts'
import { secretsOf } from '../support/secret-calls.ts'
import { openEmbeddedStore } from '../support/stores.ts'

const accountId = '123456789012'
const master = randomBytes(32)
const vaultOf = (...keys: Buffer[]) => createVault(createKeyringWrapper(createKeyring(keys)), accountId)
const vault = vaultOf(master)
const value = { kind: 'string', bytes: Buffer.from('a value') } as const
const version = randomUUID()
const notDecryptable = async (call: Promise<unknown>) =>
  assert.equal((await refusalOf(call)).reason, 'secret.notDecryptable')

test('what was sealed opens, and looks different each time', async () => {
  const [one, other] = [
    await vault.seal('db-AAAAAA', version, value, 1),
    await vault.seal('db-AAAAAA', version, value, 1),
  ]
  assert.deepEqual(await vault.open('db-AAAAAA', one), value)
  assert.notDeepEqual(one.sealedValue, other.sealedValue)
  assert.notDeepEqual(one.wrappedKey, other.wrappedKey)
})

for (const member of ['wrappedKey', 'sealedValue'] as const) {
  test(`any one bit that is another in ${member} is noticed, and any end that is missing or too much`, async () => {
    const sealed = await vault.seal('db-AAAAAA', version, value, 1)
    const bytes = sealed[member]
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      await notDecryptable(vault.open('db-AAAAAA', { ...sealed, [member]: flipped }))
    }
    for (let length = 0; length < bytes.length; length++)
      await notDecryptable(vault.open('db-AAAAAA', { ...sealed, [member]: bytes.subarray(0, length) }))
    await notDecryptable(
      vault.open('db-AAAAAA', { ...sealed, [member]: Buffer.concat([bytes, Buffer.of(0)]) }),
    )
  })
}

test('a value does not open in another’s place, whether secret, version, account or key is another', async () => {
  const sealed = await vault.seal('db-AAAAAA', version, value, 1)
  const other = await vault.seal('db-AAAAAA', randomUUID(), value, 1)
  // Also not once its own key is remembered, as that of a row in use is.
  assert.deepEqual(await vault.open('db-AAAAAA', sealed), value)
  assert.deepEqual(await vault.open('db-AAAAAA', other), value)
  await notDecryptable(vault.open('db-BBBBBB', sealed))
  await notDecryptable(vault.open('db-AAAAAA', { ...sealed, id: other.id }))
  await notDecryptable(vault.open('db-AAAAAA', { ...sealed, wrappedKey: other.wrappedKey }))
  await notDecryptable(vault.open('db-AAAAAA', { ...sealed, sealedValue: other.sealedValue }))
  const elsewhere = createVault(createKeyringWrapper(createKeyring([master])), '999999999999')
  await notDecryptable(elsewhere.open('db-AAAAAA', sealed))
  await notDecryptable(vaultOf(randomBytes(32)).open('db-AAAAAA', sealed))
  assert.deepEqual(await vaultOf(randomBytes(32), master).open('db-AAAAAA', sealed), value)
})

test('names and ids can’t be cut in another way to mean the same', async () => {
  const sealed = await vault.seal('a', `b${version}`, value, 1)
  await notDecryptable(vault.open('ab', { ...sealed, id: version }))
  await notDecryptable(vault.open(`a\nb${version}`, { ...sealed, id: '' }))
})

const rolecall = await startRolecall()
const { create, get, put } = secretsOf(rolecall.secrets())
const file = join(rolecall.dataDir, 'rolecall.db')

/** As somebody would who can write to the database and does not have the key. */
function tamper(sql: string, ...values: string[]): void {
  const database = new DatabaseSync(file)
  assert.ok(Number(database.prepare(sql).run(...values).changes) > 0, sql)
  database.close()
}

async function twoSecrets() {
  const [one, other] = [await create(randomUUID()), await create(randomUUID(), { SecretString: 'other' })]
  const idOf = ({ arn }: { arn: string }) => arn.split(':secret:')[1] ?? ''
  return { one: { ...one, id: idOf(one) }, other: { ...other, id: idOf(other) } }
}

type Place = { id: string; version: string }

/** Each gets what the other had in these columns. */
function swap(columns: readonly string[], ...[one, other]: [Place, Place]): void {
  const database = new DatabaseSync(file)
  const where = 'where secret_id = ? and id = ?'
  const read = database.prepare(`select ${columns.join(', ')} from secret_versions ${where}`)
  const write = database.prepare(`update secret_versions set ${columns.map(name => `${name} = ?`)} ${where}`)
  const [here, there] = [one, other].map(place => Object(read.get(place.id, place.version)))
  for (const [place, row] of [
    [one, there],
    [other, here],
  ]) {
    const { changes } = write.run(...columns.map(name => row[name]), place.id, place.version)
    assert.equal(changes, 1)
  }
  database.close()
}

for (const columns of [['wrapped_key'], ['sealed_value'], ['wrapped_key', 'sealed_value']]) {
  test(`rows of two secrets whose ${columns.join(' and ')} are swapped give nothing out`, async () => {
    const { one, other } = await twoSecrets()
    swap(columns, one, other)
    for (const { arn } of [one, other]) {
      const fault = await faultOf(get(arn))
      assert.deepEqual([fault.code, fault.status], ['DecryptionFailure', 400])
      assert.ok(!/\bone\b|\bother\b/.test(fault.message), fault.message)
    }
  })

  test(`rows of two versions whose ${columns.join(' and ')} are swapped give nothing out`, async () => {
    const { one } = await twoSecrets()
    const { VersionId = '' } = await put(one.arn, 'two')
    swap(columns, one, { ...one, version: VersionId })
    for (const VersionStage of ['AWSCURRENT', 'AWSPREVIOUS'])
      assert.equal((await faultOf(get(one.arn, { VersionStage }))).code, 'DecryptionFailure')
  })
}

test('a version that is put under another’s id, or another secret, gives nothing out', async () => {
  const { one, other } = await twoSecrets()
  tamper('update secret_versions set id = ? where secret_id = ?', randomUUID(), one.id)
  assert.equal((await faultOf(get(one.arn))).code, 'ResourceNotFoundException')
  tamper('update secret_versions set secret_id = ? where secret_id = ?', one.id, other.id)
  tamper('update secrets set stages = ? where id = ?', JSON.stringify({ AWSCURRENT: other.version }), one.id)
  const fault = await faultOf(get(other.arn))
  assert.equal(fault.code, 'ResourceNotFoundException')
})

test('a text is not made bytes of, nor the other way, by a row’s word', async () => {
  const { one } = await twoSecrets()
  tamper("update secret_versions set kind = 'binary' where secret_id = ?", one.id)
  assert.equal((await get(one.arn)).SecretString, 'one')
})

test('a copied database without the key gives no value out', async () => {
  const { one, other } = await twoSecrets()
  const copy = join(rolecall.dataDir, '..', 'copy.db')
  new DatabaseSync(file).exec(`vacuum into '${copy}'`)
  const store = await openEmbeddedStore(copy)
  const thief = createVault(createKeyringWrapper(createKeyring([randomBytes(32)])), rolecall.accountId)
  for (const { id, version: versionId } of [one, other]) {
    const stolen = await store.secrets.findVersion(id, versionId)
    assert.ok(stolen)
    await notDecryptable(thief.open(id, stolen))
  }
  await store.close()
})
