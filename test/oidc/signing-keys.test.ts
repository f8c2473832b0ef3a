import assert from 'node:assert/strict'
import { createPrivateKey, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { createKeyring } from '../../server/keys/keyring.ts'
import { openRecord, sealRecord } from '../../server/keys/sealed-record.ts'
import { loadSigningKeys } from '../../server/oidc/signing-keys.ts'
import { startRolecall, type TestRolecall, trusting } from '../support/rolecall.ts'
import { openEmbeddedStore } from '../support/stores.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { bodyOf, createExchanger } from './exchange.ts'

const [masterA, masterB] = [randomBytes(32), randomBytes(32)]
const [ringA, ringB, ringAB, ringBA] = [[masterA], [masterB], [masterA, masterB], [masterB, masterA]].map(
  createKeyring,
)
assert.ok(ringA && ringB && ringAB && ringBA)

async function newStore() {
  const store = await openEmbeddedStore()
  after(() => store.close())
  let nowMs = 0
  const load = async (keyring: typeof ringA = ringA) => {
    assert.ok(keyring)
    const { signingKeys } = store
    const keys = await loadSigningKeys({ signingKeys, keyring, clock: () => ++nowMs })
    return keys.map(({ kid }) => kid)
  }
  return { store, load }
}

test('a key is made once, and is the same at every start', async () => {
  const { store, load } = await newStore()
  const first = await load()
  assert.equal(first.length, 1)
  assert.deepEqual(await load(), first)
  assert.equal((await store.signingKeys.list()).length, 1)
})

test('a key rests sealed, bound to its own name, and opens for its purpose alone', async () => {
  const { store, load } = await newStore()
  await load()
  const [row] = await store.signingKeys.list()
  assert.ok(row)
  assert.ok(openRecord(ringA, 'signing-key-at-rest', row.sealedKey, row.kid))
  assert.equal(openRecord(ringA, 'signing-key-at-rest', row.sealedKey, 'another'), undefined)
  assert.equal(openRecord(ringA, 'session-token-seal', row.sealedKey, row.kid), undefined)
  assert.equal(openRecord(ringB, 'signing-key-at-rest', row.sealedKey, row.kid), undefined)
})

test('a changed master key brings a new signing key; the old one is still published, and signs no more', async () => {
  const { load } = await newStore()
  const [old] = await load(ringA)
  const [signing, ...published] = await load(ringBA)
  assert.notEqual(signing, old)
  assert.deepEqual(published, [old])
  assert.deepEqual(await load(ringBA), [signing, old], 'and it is not made anew at each start')
  assert.deepEqual(await load(ringB), [signing], 'without the previous master key the old one is gone')
})

test('a master key that is taken back brings back its own signing key', async () => {
  const { load } = await newStore()
  const [ofA] = await load(ringA)
  const [ofB] = await load(ringBA)
  assert.deepEqual(await load(ringAB), [ofA, ofB])
  assert.deepEqual(await load(ringA), [ofA])
})

test('a key that was put in another’s place, or tampered with, is not used', async () => {
  const { store, load } = await newStore()
  const der = randomBytes(40)
  const sealed = sealRecord(ringA, 'signing-key-at-rest', der, 'mine')
  await store.signingKeys.addFirst('x', { kid: 'another', sealedKey: sealed, createdAtMs: 5 })
  const bent = Buffer.from(sealed)
  bent.writeUInt8(bent.readUInt8(30) ^ 1, 30)
  await store.signingKeys.addFirst('y', { kid: 'mine', sealedKey: bent, createdAtMs: 6 })
  const keys = await load()
  assert.equal(keys.length, 1)
  assert.ok(keys[0] !== 'another' && keys[0] !== 'mine')
})

const audience = 'https://api.example'
const publicUrl = 'http://login.localhost:3000'
const [keyA, keyB] = [masterA.toString('base64'), masterB.toString('base64')]

/** One installation, started again and again on its folder. The host guard lets loopback names in besides. */
const folder = join(temporaryFolder(), 'data')
const start = (env: Record<string, string>) =>
  startRolecall({ ROLECALL_DATA_DIR: folder, ROLECALL_PUBLIC_URL: publicUrl, ...env })

const jwksUrlOf = ({ port }: TestRolecall) => new URL(`http://127.0.0.1:${port}/.well-known/jwks.json`)

/** As a service that learns the keys from what runs now. */
const verify = (one: TestRolecall, token: string) =>
  jwtVerify(token, createRemoteJWKSet(jwksUrlOf(one)), { audience, issuer: publicUrl, typ: 'at+jwt' })

test('bearers outlive a restart and a change of the master key', async () => {
  const first = await start({ ROLECALL_MASTER_KEY: keyA })
  const issuer = await first.registerIssuer()
  const resource = await first.createRole('reader', trusting(first.accountId, issuer))
  const bearerOf = async (one: TestRolecall) => {
    const { exchange } = createExchanger(one, () => ({ subject_token: issuer.sign(), resource }))
    return String(bodyOf(await exchange({ audience })).access_token)
  }
  const kidOf = (token: string) => decodeProtectedHeader(token).kid
  const bearer = await bearerOf(first)
  await verify(first, bearer)
  await first.rolecall.close()

  const again = await start({ ROLECALL_MASTER_KEY: keyA })
  await verify(again, bearer)
  assert.equal(kidOf(await bearerOf(again)), kidOf(bearer))
  await again.rolecall.close()

  const changed = await start({ ROLECALL_MASTER_KEY: keyB, ROLECALL_MASTER_KEY_PREVIOUS: keyA })
  await verify(changed, bearer)
  const later = await bearerOf(changed)
  assert.notEqual(kidOf(later), kidOf(bearer))
  await verify(changed, later)
  await changed.rolecall.close()

  const without = await start({ ROLECALL_MASTER_KEY: keyB })
  await verify(without, later)
  await assert.rejects(verify(without, bearer), { code: 'ERR_JWKS_NO_MATCHING_KEY' })
  await without.rolecall.close()
})

test('no private key lies open anywhere in the data folder', async () => {
  const store = await openEmbeddedStore(join(folder, 'rolecall.db'))
  after(() => store.close())
  const rows = await store.signingKeys.list()
  assert.equal(rows.length, 2)
  const contents = readdirSync(folder).map(name => readFileSync(join(folder, name)))
  for (const { kid, sealedKey } of rows) {
    const der = openRecord(ringAB, 'signing-key-at-rest', sealedKey, kid)
    assert.ok(der)
    const { d = '' } = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ format: 'jwk' })
    const secret = Buffer.from(d, 'base64url')
    assert.equal(secret.length, 32)
    for (const content of contents) {
      assert.ok(content.indexOf(secret) < 0)
      for (const encoding of ['base64', 'base64url', 'hex'] as const) {
        assert.ok(!content.includes(secret.toString(encoding)))
      }
    }
    // What is looked for would be found: the sealed record is there.
    assert.ok(contents.some(content => content.includes(sealedKey)))
  }
})
