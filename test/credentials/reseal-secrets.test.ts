import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, describe, test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { resealSecrets } from '../../server/credentials/reseal-secrets.ts'
import { codeAt } from '../../server/credentials/totp.ts'
import { createKeyring, type Keyring } from '../../server/keys/keyring.ts'
import { openRecord, sealRecord } from '../../server/keys/sealed-record.ts'
import { fromBase32 } from '../support/base32.ts'
import { earlyInStep } from '../support/early-in-step.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'
import { startRolecall } from '../support/rolecall.ts'
import { createSamlIdp, selfSigned } from '../support/saml-idp.ts'
import { openEmbeddedStore } from '../support/stores.ts'

describe('when the master key is changed', { skip: skipWithoutPostgres }, () => {
  test('users keep their access keys and second factors, also after the one before it is gone', async () => {
    const DATABASE_URL = await createDatabase()
    const [old, next] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
    const first = await startRolecall({ DATABASE_URL, ROLECALL_MASTER_KEY: old })
    const keys = await entitiesOf(first).user('ada')
    const { VirtualMFADevice } = await first
      .iam()
      .send(new iam.CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: 'ada' }))
    const SerialNumber = VirtualMFADevice?.SerialNumber ?? ''
    const seed = fromBase32(Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString('latin1'))
    const rolecallKey = selfSigned('rolecall')
    const idp = createSamlIdp()
    await first.iam().send(
      new iam.CreateSAMLProviderCommand({
        Name: 'corp',
        SAMLMetadataDocument: idp.metadata(),
        AddPrivateKey: rolecallKey.privateKey,
      }),
    )
    await earlyInStep()
    const now = Math.floor(Date.now() / 30_000)
    await first.iam().send(
      new iam.EnableMFADeviceCommand({
        UserName: 'ada',
        SerialNumber,
        AuthenticationCode1: codeAt(seed, now - 1),
        AuthenticationCode2: codeAt(seed, now),
      }),
    )

    await startRolecall({ DATABASE_URL, ROLECALL_MASTER_KEY: next, ROLECALL_MASTER_KEY_PREVIOUS: old })
    const third = await startRolecall({ DATABASE_URL, ROLECALL_MASTER_KEY: next })
    const sts = third.sts(keys)
    assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, entitiesOf(third).userArn('ada'))
    const TokenCode = codeAt(seed, now + 1)
    assert.ok((await sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode }))).Credentials)

    const provider = await third.rolecall.store.samlProviders.find('corp')
    const [key] = provider?.privateKeys ?? []
    const keyring = createKeyring([Buffer.from(next, 'base64')])
    const opened = openRecord(
      keyring,
      'secret-at-rest',
      Buffer.from(key?.sealed ?? '', 'base64'),
      key?.id ?? '',
    )
    assert.equal(opened?.toString(), rolecallKey.privateKey)
  })
})

test('what is changed while the records are sealed anew stays changed', async () => {
  const store = await openEmbeddedStore()
  after(() => store.close())
  const [old, next] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)]
  const keyrings = [createKeyring([old]), createKeyring([next, old])] as const
  const sealed = (text: string, bound: string, keyring: Keyring = keyrings[0]) =>
    sealRecord(keyring, 'secret-at-rest', Buffer.from(text), bound)
  const times = { createdAtMs: 1, changedAtMs: 1 }
  const rotator = { name: 'mine', url: 'https://rotator.example/', ...times }
  const device = { serialNumber: 'arn:mfa', tags: {}, createdAtMs: 1 }
  const account = { subject: 'ada', email: 'ada@example.com', emailKey: 'ada@example.com', ...times }
  await store.rotators.put({ ...rotator, sealedSecret: sealed('old', 'rotator:mine') })
  await store.mfaDevices.create({ ...device, sealedSeed: sealed('old', 'arn:mfa') })
  await store.accounts.create({ ...account, sealedTotp: sealed('old', 'ada') })

  // Each time right after it was read: as another node may.
  const meanwhile = {
    rotators: {
      ...store.rotators,
      async list() {
        const read = await store.rotators.list()
        await store.rotators.put({ ...rotator, sealedSecret: sealed('new', 'rotator:mine') })
        return read
      },
    },
    mfaDevices: {
      ...store.mfaDevices,
      async list() {
        const read = await store.mfaDevices.list()
        await store.mfaDevices.delete('arn:mfa')
        await store.mfaDevices.create({ ...device, sealedSeed: sealed('new', 'arn:mfa') })
        return read
      },
    },
    accounts: {
      ...store.accounts,
      async listSealed() {
        const read = await store.accounts.listSealed()
        await store.accounts.change(account, { totp: { sealedSeed: sealed('new', 'ada'), step: 1 } }, 2)
        return read
      },
    },
  }
  await resealSecrets({ ...store, ...meanwhile }, keyrings[1])

  const kept = [
    ['rotator:mine', (await store.rotators.find('mine'))?.sealedSecret],
    ['arn:mfa', (await store.mfaDevices.find('arn:mfa'))?.sealedSeed],
    ['ada', (await store.accounts.find('ada'))?.sealedTotp],
  ] as const
  for (const [bound, record = Buffer.of()] of kept) {
    assert.equal(openRecord(keyrings[1], 'secret-at-rest', record, bound)?.toString(), 'new', bound)
  }
})
