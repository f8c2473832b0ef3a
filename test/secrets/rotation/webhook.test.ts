import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import * as sm from '@aws-sdk/client-secrets-manager'
import { createAlternatingDatabase } from '../../support/alternating-database.ts'
import { faultOf, policyOf } from '../../support/aws-calls.ts'
import { startRolecall } from '../../support/rolecall.ts'
import { startRotationWebhook } from '../../support/rotation-webhook.ts'
import { callSecrets } from '../../support/secrets-call.ts'
import { serviceKinds } from '../../support/stores.ts'
import { until } from '../../support/until.ts'

for (const { kind, skip, settings } of serviceKinds) {
  describe(`a registered rotator on ${kind}`, { skip }, async () => {
    if (skip !== false) return
    const rolecall = await startRolecall(await settings())
    const client = rolecall.secrets()
    const database = createAlternatingDatabase()
    const webhook = await startRotationWebhook(database)
    const put = (input: object) => callSecrets(rolecall, 'PutRotator', input)
    const state = async (SecretId: string) => {
      const { body } = await callSecrets(rolecall, 'ListSecretRotations', { SecretId })
      const [{ State, Reason, Step } = {}] = body.Rotations as Record<string, unknown>[]
      return { State, Reason, Step }
    }

    async function keysFor(UserName: string, ...statements: Record<string, unknown>[]) {
      const iam = rolecall.iam()
      await iam.send(new CreateUserCommand({ UserName }))
      const PolicyDocument = policyOf(...statements)
      await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'own', PolicyDocument }))
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
      return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
    }

    test('is shown its signing secret once, and listed without it', async () => {
      const made = await put({ Name: 'mine', Url: webhook.url })
      assert.equal(made.status, 200)
      assert.equal(made.body.ARN, `arn:aws:lambda:us-east-1:${rolecall.accountId}:function:mine`)
      assert.match(String(made.body.Secret), /^whsec_[A-Za-z0-9+/]{43}=$/)
      webhook.signedWith = String(made.body.Secret)
      assert.equal((await put({ Name: 'mine', Url: webhook.url })).body.Secret, undefined)
      const { body } = await callSecrets(rolecall, 'ListRotators', {})
      const mine = (body.Rotators as { Name: string }[]).find(({ Name }) => Name === 'mine')
      assert.deepEqual(Object.keys(mine ?? {}).sort(), [
        'ARN',
        'CreatedDate',
        'LastChangedDate',
        'Name',
        'Url',
      ])
      assert.ok(!rolecall.logged().includes(webhook.signedWith))
    })

    test('does the four steps with credentials of its own and the real SDK', async () => {
      const { ARN } = await client.send(
        new sm.CreateSecretCommand({ Name: 'db', SecretString: database.add('app') }),
      )
      const keys = await keysFor('rotator', {
        Effect: 'Allow',
        Action: [
          'secretsmanager:GetSecretValue',
          'secretsmanager:PutSecretValue',
          'secretsmanager:UpdateSecretVersionStage',
        ],
        Resource: ARN,
      })
      webhook.client = rolecall.secrets(keys)
      const { VersionId } = await client.send(
        new sm.RotateSecretCommand({
          SecretId: 'db',
          RotationLambdaARN: `arn:aws:lambda:us-east-1:${rolecall.accountId}:function:mine`,
        }),
      )
      await until(async () => (await state('db')).State === 'succeeded')
      const value = await client.send(new sm.GetSecretValueCommand({ SecretId: 'db' }))
      assert.equal(value.VersionId, VersionId)
      assert.ok(database.accepts(value.SecretString))
      assert.deepEqual(
        webhook.events.map(({ Step }) => Step),
        ['createSecret', 'setSecret', 'testSecret', 'finishSecret'],
      )
      for (const event of webhook.events) {
        assert.deepEqual(Object.keys(event).sort(), [
          'ClientRequestToken',
          'RotationToken',
          'SecretId',
          'Step',
        ])
        assert.equal(event.SecretId, ARN)
        assert.equal(event.ClientRequestToken, VersionId)
        assert.match(event.RotationToken, /^[a-zA-Z0-9-]{36,256}$/)
      }
      assert.equal(webhook.refused, 0)
    })

    test('a RotationToken of an attempt that is over keeps nothing', async () => {
      const [{ RotationToken } = { RotationToken: '' }] = webhook.events
      const late = new sm.PutSecretValueCommand({
        SecretId: 'db',
        SecretString: 'late',
        VersionStages: ['AWSPENDING'],
        RotationToken,
      })
      const fault = await faultOf(client.send(late))
      assert.equal(fault.code, 'InvalidRequestException')
      const { VersionIdsToStages = {} } = await client.send(new sm.DescribeSecretCommand({ SecretId: 'db' }))
      assert.ok(!Object.values(VersionIdsToStages).flat().includes('AWSPENDING'))
    })

    test('one that says it is done and has moved nothing, has failed', async () => {
      await client.send(new sm.CreateSecretCommand({ Name: 'lazy', SecretString: database.add('lazy') }))
      const { client: its } = webhook
      webhook.client = undefined
      await client.send(
        new sm.RotateSecretCommand({
          SecretId: 'lazy',
          RotationLambdaARN: `arn:aws:lambda:us-east-1:${rolecall.accountId}:function:mine`,
        }),
      )
      await until(async () => (await state('lazy')).State === 'failing')
      assert.match(String((await state('lazy')).Reason), /AWSCURRENT is where it was/)
      webhook.client = its
    })

    test('a secret that is renewed is the only one that counts from then on', async () => {
      await client.send(
        new sm.CreateSecretCommand({ Name: 'renewed', SecretString: database.add('renewed') }),
      )
      const old = webhook.signedWith
      const { body } = await put({ Name: 'mine', Url: webhook.url, RenewSecret: true })
      assert.notEqual(body.Secret, old)
      await client.send(
        new sm.RotateSecretCommand({
          SecretId: 'renewed',
          RotationLambdaARN: `arn:aws:lambda:us-east-1:${rolecall.accountId}:function:mine`,
        }),
      )
      await until(async () => (await state('renewed')).State === 'failing')
      assert.deepEqual(await state('renewed'), {
        State: 'failing',
        Step: 'createSecret',
        Reason: 'the rotator answered with the status 401',
      })
      webhook.signedWith = String(body.Secret)
    })

    test('one that is not there is said so without where it was looked for', async () => {
      await client.send(new sm.CreateSecretCommand({ Name: 'away', SecretString: 'x' }))
      const { body } = await put({ Name: 'away', Url: 'http://127.0.0.1:1/secret-path' })
      await client.send(new sm.RotateSecretCommand({ SecretId: 'away', RotationLambdaARN: String(body.ARN) }))
      await until(async () => (await state('away')).State === 'failing')
      assert.equal((await state('away')).Reason, 'the rotator gave no answer')
    })

    for (const [story, Url] of [
      ['plain http beyond this machine', 'http://rotator.example/x'],
      ['another scheme', 'file:///etc/passwd'],
      ['a password in it', 'https://a:b@rotator.example/'],
      ['a fragment', 'https://rotator.example/#x'],
      ['no address', 'rotator'],
    ] as const) {
      test(`an address with ${story} is refused`, async () => {
        const { status, body } = await put({ Name: 'bad', Url })
        assert.deepEqual([status, body.__type], [400, 'InvalidParameterException'])
      })
    }

    test('an address inside our own network is registered, and never called', async () => {
      const { body } = await put({ Name: 'inside', Url: 'https://169.254.169.254/latest' })
      await client.send(new sm.CreateSecretCommand({ Name: 'inside', SecretString: 'x' }))
      await client.send(
        new sm.RotateSecretCommand({ SecretId: 'inside', RotationLambdaARN: String(body.ARN) }),
      )
      await until(async () => (await state('inside')).State === 'failing')
      assert.match(rolecall.logged(), /169\.254\.169\.254 is not a public address/)
    })

    test('the names of built-in rotators can’t be taken', async () => {
      const { status } = await put({ Name: 'rolecall-postgresql-single-user', Url: webhook.url })
      assert.equal(status, 400)
    })

    test('each action has its own permission, and naming a rotator that of calling it', async () => {
      const arn = `arn:aws:lambda:us-east-1:${rolecall.accountId}:function:mine`
      const keys = await keysFor('narrow', {
        Effect: 'Allow',
        Action: 'secretsmanager:RotateSecret',
        Resource: '*',
        Condition: { Bool: { 'secretsmanager:ModifyRotationRules': 'false' } },
      })
      for (const [action, input] of [
        ['PutRotator', { Name: 'mine', Url: webhook.url }],
        ['DeleteRotator', { Name: 'mine' }],
        ['ListRotators', {}],
        ['ListSecretRotations', { SecretId: 'db' }],
        ['CancelRotateSecret', { SecretId: 'db' }],
        ['RotateSecret', { SecretId: 'db', ClientRequestToken: 'x'.repeat(32), RotationLambdaARN: arn }],
        [
          'RotateSecret',
          {
            SecretId: 'db',
            ClientRequestToken: 'x'.repeat(32),
            RotationRules: { AutomaticallyAfterDays: 1 },
          },
        ],
      ] as const) {
        const { status, body } = await callSecrets(rolecall, action, input, keys)
        assert.deepEqual([status, body.__type], [400, 'AccessDeniedException'], action)
      }
      const asItIs = { SecretId: 'db', ClientRequestToken: 'x'.repeat(32) }
      assert.equal((await callSecrets(rolecall, 'RotateSecret', asItIs, keys)).status, 200)
    })

    test('once it is deleted its rotations fail, and no secret can name it', async () => {
      assert.equal((await callSecrets(rolecall, 'DeleteRotator', { Name: 'mine' })).status, 200)
      assert.equal((await callSecrets(rolecall, 'DeleteRotator', { Name: 'mine' })).status, 400)
      const fault = await faultOf(client.send(new sm.RotateSecretCommand({ SecretId: 'db' })))
      assert.equal(fault.code, 'AccessDeniedException')
    })
  })
}
