import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { codeAt } from '../../server/credentials/totp.ts'
import { createKeyring } from '../../server/keys/keyring.ts'
import { openRecord } from '../../server/keys/sealed-record.ts'
import { fromBase32 } from '../support/base32.ts'
import { earlyInStep } from '../support/early-in-step.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { createDatabase, skipWithoutPostgres } from '../support/postgres.ts'
import { startRolecall } from '../support/rolecall.ts'
import { createSamlIdp, selfSigned } from '../support/saml-idp.ts'

describe('when the master key is changed', { skip: skipWithoutPostgres }, () => {
  test('users keep their access keys and second factors, also after the one before it is gone', async () => {
    const DATABASE_URL = await createDatabase()
    const [before, after] = [randomBytes(32).toString('base64'), randomBytes(32).toString('base64')]
    const first = await startRolecall({ DATABASE_URL, ROLECALL_MASTER_KEY: before })
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

    await startRolecall({ DATABASE_URL, ROLECALL_MASTER_KEY: after, ROLECALL_MASTER_KEY_PREVIOUS: before })
    const third = await startRolecall({ DATABASE_URL, ROLECALL_MASTER_KEY: after })
    const sts = third.sts(keys)
    assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, entitiesOf(third).userArn('ada'))
    const TokenCode = codeAt(seed, now + 1)
    assert.ok((await sts.send(new GetSessionTokenCommand({ SerialNumber, TokenCode }))).Credentials)

    const provider = await third.rolecall.store.samlProviders.find('corp')
    const [key] = provider?.privateKeys ?? []
    const keyring = createKeyring([Buffer.from(after, 'base64')])
    const opened = openRecord(
      keyring,
      'secret-at-rest',
      Buffer.from(key?.sealed ?? '', 'base64'),
      key?.id ?? '',
    )
    assert.equal(opened?.toString(), rolecallKey.privateKey)
  })
})
