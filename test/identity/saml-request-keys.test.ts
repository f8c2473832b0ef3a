import assert from 'node:assert/strict'
import { randomBytes, X509Certificate } from 'node:crypto'
import { describe, test } from 'node:test'
import { resealSecrets } from '../../server/credentials/reseal-secrets.ts'
import { createSamlRequestKeys } from '../../server/identity/saml-request-keys.ts'
import { createKeyring } from '../../server/keys/keyring.ts'
import { storeKinds } from '../support/stores.ts'

const [older, newer] = [randomBytes(32), randomBytes(32)]
const certificateOf = ({ certificate }: { certificate: string }) =>
  new X509Certificate(Buffer.from(certificate, 'base64'))

for (const { kind, skip, open } of storeKinds) {
  describe(`keys of requests on ${kind}`, { skip }, () => {
    test('nodes that make one at once have the same, with its certificate', async () => {
      const { settings, close } = await open()
      const node = () =>
        createSamlRequestKeys({ settings, keyring: createKeyring([older]), clock: Date.now, numbers: [1] })
      const keys = await Promise.all([node(), node(), node()].map(one => one.signing()))
      assert.equal(new Set(keys.map(({ certificate }) => certificate)).size, 1)
      for (const key of keys) assert.ok(certificateOf(key).checkPrivateKey(key.privateKey))
      assert.deepEqual(await node().published(), [await node().signing()])
      await close()
    })

    test('a new one is published first, then signs, then stands alone', async () => {
      const { settings, close } = await open()
      const at = (numbers: number[]) =>
        createSamlRequestKeys({ settings, keyring: createKeyring([older]), clock: Date.now, numbers })
      const first = (await at([1]).signing()).certificate
      const second = (await at([2]).signing()).certificate
      assert.notEqual(first, second)
      for (const [numbers, signing, published] of [
        [[1, 2], first, [first, second]],
        [[2, 1], second, [second, first]],
        [[2], second, [second]],
      ] as const) {
        const keys = at([...numbers])
        assert.equal((await keys.signing()).certificate, signing)
        assert.deepEqual(
          (await keys.published()).map(({ certificate }) => certificate),
          published,
        )
      }
      await close()
    })

    test('it rests sealed, and outlives the master key that sealed it', async () => {
      const store = await open()
      const { settings } = store
      const under = (...keys: Buffer[]) =>
        createSamlRequestKeys({ settings, keyring: createKeyring(keys), clock: Date.now, numbers: [1] })
      const { certificate, privateKey } = await under(older).signing()
      const [name = ''] = await settings.namesWith('sealed:')
      const kept = Buffer.from((await settings.find(name)) ?? '', 'base64')
      assert.ok(!kept.includes(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(40, 60)))
      assert.ok(!kept.includes('PRIVATE KEY'))
      await assert.rejects(under(newer).signing(), /can’t be opened/)

      assert.equal(await resealSecrets(store, createKeyring([newer, older])), 1)
      assert.equal((await under(newer).signing()).certificate, certificate)
      await assert.rejects(under(older).signing(), /can’t be opened/)
      await store.close()
    })
  })
}

test('what failed is tried anew', async () => {
  let isUp = false
  const { settings, close } = await storeKinds[0].open()
  const keys = createSamlRequestKeys({
    settings: {
      ...settings,
      find: async name => (isUp ? settings.find(name) : assert.fail('the store is down')),
    },
    keyring: createKeyring([older]),
    clock: Date.now,
    numbers: [1],
  })
  await assert.rejects(keys.signing(), /down/)
  isUp = true
  assert.ok(await keys.signing())
  await close()
})
