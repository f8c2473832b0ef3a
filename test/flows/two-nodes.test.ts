import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  DeleteRoleCommand,
  GetOpenIDConnectProviderCommand,
  GetPolicyCommand,
  GetRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleWithWebIdentityCommand, GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { faultOf, keysOf } from '../support/aws-calls.ts'
import { postForm } from '../support/post-form.ts'
import {
  closeDatabase,
  createDatabase,
  reopenDatabase,
  runSql,
  skipWithoutPostgres,
} from '../support/postgres.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { postSigned } from '../support/signed-form.ts'
import { until } from '../support/until.ts'

/** For as long as IAM changes may take to reach every node. */
const within2s = (holds: () => Promise<boolean>) => until(holds, 2_000)

const succeeds = (call: Promise<unknown>) =>
  call.then(
    () => true,
    () => false,
  )

describe('two nodes on one PostgreSQL database', { skip: skipWithoutPostgres }, async () => {
  if (skipWithoutPostgres !== false) return
  const url = await createDatabase()
  const env = { DATABASE_URL: url, ROLECALL_MASTER_KEY: randomBytes(32).toString('base64') }
  const [one, other] = [await startRolecall(env), await startRolecall(env)]

  test('are one account with one root key, which each has in a file of its own', () => {
    assert.equal(one.accountId, other.accountId)
    assert.deepEqual(one.rootKeys, other.rootKeys)
    const [file, otherFile] = [one, other].map(({ dataDir }) =>
      readFileSync(join(dataDir, 'root-access-key'), 'utf8'),
    )
    assert.equal(file, otherFile)
    assert.ok(file?.includes(one.rootKeys.secretAccessKey))
  })

  test('publish the same keys', async () => {
    const keysOf = async ({ url: publicUrl }: typeof one) =>
      (await fetch(`${publicUrl}/.well-known/jwks.json`)).json()
    assert.deepEqual(await keysOf(one), await keysOf(other))
  })

  test('know each other’s credentials, and each other’s changes within two seconds', async () => {
    const issuer = await one.registerIssuer()
    const roleArn = await one.createRole('worker', trusting(one.accountId, issuer))
    const assume = () =>
      other.sts().send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn: roleArn,
          RoleSessionName: 'ada',
          WebIdentityToken: issuer.sign(),
        }),
      )
    await within2s(() => succeeds(assume()))
    const { Credentials } = await assume()
    const keys = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    assert.match((await one.sts(keys).send(new GetCallerIdentityCommand({}))).Arn ?? '', /worker\/ada$/)

    const read = () => other.iam(keys).send(new GetRoleCommand({ RoleName: 'worker' }))
    assert.equal(await succeeds(read()), false)
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Action: 'iam:GetRole', Resource: '*' },
    })
    await one.iam().send(new PutRolePolicyCommand({ RoleName: 'worker', PolicyName: 'read', PolicyDocument }))
    await within2s(() => succeeds(read()))

    const provider = `arn:aws:iam::${one.accountId}:oidc-provider/${issuer.url.replace('http://', '')}`
    const mapping = { Provider: provider, Type: 'Token', AmbiguousRoleResolution: 'Deny' }
    const put = { Action: 'PutProviderRoleMapping', Version: '2010-05-08', ...mapping }
    assert.equal((await postSigned(one, 'iam', put)).status, 200)
    await within2s(async () => !(await succeeds(assume())))

    const rows = await runSql(url, `select access_key_id from audit where decision = 'allowed'`)
    assert.ok(rows.some(row => row.access_key_id === keys.accessKeyId))
  })

  test('end a role’s sessions everywhere when one of them deletes the role', async () => {
    const issuer = await one.registerIssuer()
    const roleArn = await one.createRole('short-lived', trusting(one.accountId, issuer))
    const { Credentials } = await one.sts().send(
      new AssumeRoleWithWebIdentityCommand({
        RoleArn: roleArn,
        RoleSessionName: 'ada',
        WebIdentityToken: issuer.sign(),
      }),
    )
    const keys = {
      accessKeyId: Credentials?.AccessKeyId ?? '',
      secretAccessKey: Credentials?.SecretAccessKey ?? '',
      sessionToken: Credentials?.SessionToken ?? '',
    }
    const ask = () => succeeds(other.sts(keys).send(new GetCallerIdentityCommand({})))
    await within2s(ask)
    await one.iam().send(new DeleteRoleCommand({ RoleName: 'short-lived' }))
    await within2s(async () => !(await ask()))
  })

  test('end a session everywhere within two seconds when one of them revokes it', async () => {
    const issuer = await one.registerIssuer()
    const roleArn = await one.createRole('revoked', trusting(one.accountId, issuer))
    const asked = { RoleArn: roleArn, RoleSessionName: 'ada', WebIdentityToken: issuer.sign() }
    const keys = keysOf(await one.sts().send(new AssumeRoleWithWebIdentityCommand(asked)))
    const ask = () => succeeds(other.sts(keys).send(new GetCallerIdentityCommand({})))
    await within2s(ask)
    const form = { Action: 'RevokeSessions', Version: '2010-05-08', AccessKeyId: keys.accessKeyId }
    assert.equal((await postSigned(one, 'iam', form)).status, 200)
    await within2s(async () => !(await ask()))
  })

  test('keep an audit log that nobody can change, whose commits are synced', async () => {
    for (const change of ['update audit set reason = null', 'delete from audit', 'truncate audit']) {
      await assert.rejects(runSql(url, change), /append-only/)
    }
  })

  test('that are cut off take credentials by what they know for as long as they may, and then refuse them', async () => {
    const impatient = await startRolecall({ ...env, ROLECALL_MAX_STALENESS_SECONDS: '2' })
    const issuer = await one.registerIssuer()
    const RoleArn = await one.createRole('known', trusting(one.accountId, issuer))
    const fields = { RoleArn, RoleSessionName: 'ada', WebIdentityToken: issuer.sign() }
    const keys = keysOf(await one.sts().send(new AssumeRoleWithWebIdentityCommand(fields)))
    const ask = (node: typeof one) => {
      const client = node.sts(keys)
      return client.send(new GetCallerIdentityCommand({})).then(
        () => 'taken',
        ({ name }) => name,
      )
    }
    // What is read while a change is still on its way is not kept: it must have come before the database goes.
    const changedAtMs = Date.now()
    await until(() => one.rolecall.store.inStepAtMs() > changedAtMs)
    assert.deepEqual([await ask(one), await ask(impatient)], ['taken', 'taken'])
    await closeDatabase(url)
    try {
      await new Promise(resolve => setTimeout(resolve, 2_100))
      assert.equal(await ask(one), 'taken')
      assert.equal(await ask(impatient), 'ServiceUnavailable')
      const answers = await Promise.all([one, impatient].map(node => fetch(`${node.url}/readyz`)))
      const [patientText = '', impatientText = ''] = await Promise.all(answers.map(answer => answer.text()))
      assert.match(patientText, /no credentials are handed out/)
      assert.match(impatientText, /temporary credentials are refused/)
    } finally {
      await reopenDatabase(url)
    }
    await within2s(async () => (await ask(impatient)) === 'taken')
  })

  test('give no credentials while the database is gone, and go on by themselves when it is back', async () => {
    const issuer = await one.registerIssuer()
    const RoleArn = await one.createRole('patient', trusting(one.accountId, issuer))
    const ask = () => {
      const fields = { RoleArn, RoleSessionName: 'ada', WebIdentityToken: issuer.sign() }
      return postForm(one, { Action: 'AssumeRoleWithWebIdentity', Version: '2011-06-15', ...fields })
    }
    assert.equal((await ask()).status, 200)
    await closeDatabase(url)
    const refused = await ask()
    assert.equal(refused.status, 503)
    assert.doesNotMatch(refused.xml, /SecretAccessKey/)
    assert.equal((await fetch(`${one.url}/healthz`)).status, 503)
    const ready = await fetch(`${one.url}/readyz`)
    assert.equal(ready.status, 503)
    assert.match(await ready.text(), /no credentials are handed out/)
    await reopenDatabase(url)
    await within2s(async () => (await ask()).status === 200)
    await within2s(async () => (await fetch(`${one.url}/healthz`)).status === 200)
  })

  test('a name that no database could hold is a plain no, and harms nobody', async () => {
    const issuer = await one.registerIssuer()
    const PolicyArn = `arn:aws:iam::${one.accountId}:policy/\0`
    assert.equal((await faultOf(one.iam().send(new GetPolicyCommand({ PolicyArn })))).code, 'NoSuchEntity')
    const OpenIDConnectProviderArn = `arn:aws:iam::${one.accountId}:oidc-provider/\0`
    const get = one.iam().send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn }))
    assert.equal((await faultOf(get)).code, 'NoSuchEntity')
    const fields = { RoleArn: `arn:aws:iam::${one.accountId}:role/\0`, RoleSessionName: 'ada' }
    const asked = { ...fields, WebIdentityToken: issuer.sign() }
    const presigned = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=%00%2F20260102%2Fr%2Fsts%2Faws4_request&X-Amz-Date=20260102T030405Z&X-Amz-SignedHeaders=host&X-Amz-Expires=60&X-Amz-Signature=${'0'.repeat(64)}`
    const stranger = await fetch(`${one.url}/?Action=GetCallerIdentity&Version=2011-06-15&${presigned}`)
    assert.match(await stranger.text(), /IncompleteSignature/)
    const refused = await postForm(one, {
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      ...asked,
    })
    assert.equal(refused.status, 400)
  })

  test('a new master key takes over, and the one before it can go', async () => {
    const next = randomBytes(32).toString('base64')
    const own = await createDatabase()
    const start = (more: Record<string, string>) => startRolecall({ DATABASE_URL: own, ...more })
    const first = await start({ ROLECALL_MASTER_KEY: env.ROLECALL_MASTER_KEY })
    const second = await start({
      ROLECALL_MASTER_KEY: next,
      ROLECALL_MASTER_KEY_PREVIOUS: env.ROLECALL_MASTER_KEY,
    })
    const third = await start({ ROLECALL_MASTER_KEY: next })
    assert.deepEqual(second.rootKeys, first.rootKeys)
    assert.deepEqual(third.rootKeys, first.rootKeys)
  })

  test('a node with another master key does not start, and says why', async () => {
    await assert.rejects(
      startRolecall({ ...env, ROLECALL_MASTER_KEY: randomBytes(32).toString('base64') }),
      /set up under another master key/,
    )
  })
})
