import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { resealSecrets } from '../../../server/credentials/reseal-secrets.ts'
import { createKeyring } from '../../../server/keys/keyring.ts'
import {
  newRotatorSecret,
  openRotatorSecret,
} from '../../../server/secrets/rotation/registered/webhook-secret.ts'
import { openEmbeddedStore } from '../../support/stores.ts'

test('a rotator’s signing secret follows a new master key, and opens for no other rotator', async () => {
  const store = await openEmbeddedStore()
  after(() => store.close())
  const [old, next] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const { shown, sealed } = newRotatorSecret(createKeyring([old]), 'mine')
  const times = { createdAtMs: 1, changedAtMs: 1 }
  await store.rotators.put({ name: 'mine', url: 'https://rotator.example/', sealedSecret: sealed, ...times })
  assert.equal(await resealSecrets(store, createKeyring([next, old])), 1)
  const kept = await store.rotators.find('mine')
  assert.ok(kept)
  const opened = openRotatorSecret(createKeyring([next]), 'mine', kept.sealedSecret)
  assert.equal(`whsec_${opened.toString('base64')}`, shown)
  assert.throws(() => openRotatorSecret(createKeyring([next]), 'other', kept.sealedSecret), /can’t be opened/)
})
