/** Users of databases that are made for a time, over the wire and at real servers: the same for each of them. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { GetSessionTokenCommand } from '@aws-sdk/client-sts'
import { allow, keysOf, policyOf } from '../support/aws-calls.ts'
import { callSecretsManager } from '../support/call-secrets-manager.ts'
import { leasedUsers, readerOf, untilBusy } from '../support/database-role.ts'
import { type DatabaseServer, secretOf } from '../support/database-server.ts'
import { type Keys, startRolecall } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'
import { until } from '../support/until.ts'

/** @param settings by which the service has its own store */
export function keepsLeases(server: DatabaseServer, settings: Record<string, string>): void {
  const started = startRolecall({ ...settings, ROLECALL_DATABASE_CA_FILE: server.caFile })
  let offsetMs = 0
  let master: Promise<string> | undefined

  async function advance(ms: number): Promise<void> {
    offsetMs += ms
    ;(await started).advanceMs(ms)
  }
  /** A client of the SDK's signs by the moved clock, once: then it believes what the answer is dated. */
  function moved<Client extends { config: { systemClockOffset?: number } }>(client: Client): Client {
    client.config.systemClockOffset = offsetMs
    return client
  }
  async function call(action: string, input: object, keys?: Keys) {
    const { port, rootKeys } = await started
    return callSecretsManager(port, keys ?? rootKeys, action, input, new Date(Date.now() + offsetMs))
  }
  async function ask(action: string, input: object, keys?: Keys): Promise<Record<string, unknown>> {
    const { status, body } = await call(action, input, keys)
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }
  async function refused(action: string, input: object, keys?: Keys): Promise<string> {
    const { status, body } = await call(action, input, keys)
    assert.notEqual(status, 200)
    return String(body.__type)
  }
  async function masterSecret(): Promise<string> {
    const secrets = moved((await started).secrets())
    master ??= secrets
      .send(new CreateSecretCommand({ Name: 'master', SecretString: secretOf(server, server.admin) }))
      .then(({ ARN }) => String(ARN))
    return master
  }
  async function putRole(more: object = {}): Promise<string> {
    const Name = `role-${randomUUID().slice(0, 8)}`
    await ask('PutDatabaseRole', {
      Name,
      Engine: server.kind,
      MasterSecretId: await masterSecret(),
      CreationStatements: readerOf(server),
      ...more,
    })
    return Name
  }
  type Credentials = { LeaseId: string; username: string; password: string; ExpirationDate: number }
  async function generate(Name: string, more: object = {}, keys?: Keys): Promise<Credentials> {
    const { LeaseId, Username, Password, ExpirationDate } = await ask(
      'GenerateDatabaseCredentials',
      { Name, ...more },
      keys,
    )
    return {
      LeaseId: String(LeaseId),
      username: String(Username),
      password: String(Password),
      ExpirationDate: Number(ExpirationDate),
    }
  }
  const isThere = async ({ username }: Credentials) => (await leasedUsers(server)).includes(username)
  const untilGone = (made: Credentials) => until(async () => !(await isThere(made)))

  async function createUser(...statements: ReturnType<typeof allow>[]): Promise<Keys & { userName: string }> {
    const { iam } = await started
    const UserName = `user-${randomUUID().slice(0, 8)}`
    await moved(iam()).send(new CreateUserCommand({ UserName }))
    const PolicyDocument = policyOf(...statements)
    await moved(iam()).send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }))
    const { AccessKey } = await moved(iam()).send(new CreateAccessKeyCommand({ UserName }))
    const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {}
    return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, userName: UserName }
  }
  const roleArn = async (name: string) =>
    `arn:aws:secretsmanager:us-east-1:${(await started).accountId}:database-role:${name}`

  test('a user is made, works, is listed, and dropped when the lease is over', async () => {
    const role = await putRole()
    const made = await generate(role, { TtlSeconds: 600 })
    assert.ok(await server.logsIn(made))
    const { DatabaseLeases } = await ask('ListDatabaseLeases', { Name: role })
    assert.deepEqual(
      (DatabaseLeases as Record<string, unknown>[]).map(({ LeaseId, Username, State }) => [
        LeaseId,
        Username,
        State,
      ]),
      [[made.LeaseId, made.username, 'Active']],
    )
    await advance(590_000)
    assert.ok(await isThere(made))
    await advance(11_000)
    await untilGone(made)
    await until(
      async () => ((await ask('ListDatabaseLeases', { Name: role })).DatabaseLeases as []).length === 0,
    )
  })

  test('who got one is in the audit log before, and who was dropped afterwards; no password is anywhere', async () => {
    const role = await putRole()
    const made = await generate(role)
    await ask('RevokeDatabaseLease', { LeaseId: made.LeaseId })
    const { dataDir, logged } = await started
    assert.ok(!server.seen().includes(made.password), 'in a statement')
    assert.ok(!logged().includes(made.password), 'in the log')
    if (settings.DATABASE_URL !== undefined) return
    const rows = auditRowsIn(dataDir).filter(row => String(row.detail).includes(made.LeaseId))
    assert.deepEqual(
      rows.map(row => [row.event, row.resource]),
      ['GenerateDatabaseCredentials', 'RevokeDatabaseLease', 'DatabaseUserDropped'].map(event => [
        event,
        rows[0]?.resource,
      ]),
    )
    assert.ok(!JSON.stringify(rows).includes(made.password), 'in the audit log')
  })

  test('a lease is revoked at once, with what its user has open', async () => {
    const made = await generate(await putRole())
    const slow = server.kind === 'postgresql' ? 'select pg_sleep(60)' : 'select sleep(60)'
    const working = server.query(slow, made).then(
      ([row]) => Object.values(row ?? {})[0],
      () => 'ended',
    )
    await untilBusy(server, made.username)
    assert.deepEqual(await ask('RevokeDatabaseLease', { LeaseId: made.LeaseId }), {
      LeaseId: made.LeaseId,
      Dropped: true,
    })
    assert.notEqual(String(await working), '0')
    assert.ok(!(await isThere(made)))
    assert.ok(!(await server.logsIn(made)))
    assert.equal(await refused('RevokeDatabaseLease', { LeaseId: made.LeaseId }), 'ResourceNotFoundException')
  })

  test('who holds a lease renews it, as far as the role lets them, and nobody else does', async () => {
    const role = await putRole({ DefaultTtlSeconds: 600, MaxTtlSeconds: 1_000 })
    const arn = await roleArn(role)
    const may = allow(
      ['secretsmanager:GenerateDatabaseCredentials', 'secretsmanager:RenewDatabaseLease'],
      arn,
    )
    const [holder, other] = [await createUser(may), await createUser(may)]
    const made = await generate(role, {}, holder)
    await advance(500_000)
    assert.equal(
      await refused('RenewDatabaseLease', { LeaseId: made.LeaseId }, other),
      'ResourceNotFoundException',
    )
    const renewed = await ask('RenewDatabaseLease', { LeaseId: made.LeaseId, TtlSeconds: 5_000 }, holder)
    assert.equal(Math.round(Number(renewed.ExpirationDate) - made.ExpirationDate), 400)
    await advance(300_000)
    assert.ok(await isThere(made))
    assert.equal(
      await refused('RevokeDatabaseLease', { LeaseId: made.LeaseId }, holder),
      'AccessDeniedException',
    )
    await advance(201_000)
    await untilGone(made)
  })

  test('each call asks for its own permission on the role', async () => {
    const role = await putRole()
    const other = await putRole()
    const keys = await createUser(allow('secretsmanager:GenerateDatabaseCredentials', await roleArn(role)))
    await generate(role, {}, keys)
    for (const [action, input] of [
      ['GenerateDatabaseCredentials', { Name: other }],
      ['GenerateDatabaseCredentials', { Name: 'not-there' }],
      ['DescribeDatabaseRole', { Name: role }],
      ['DeleteDatabaseRole', { Name: role }],
      ['ListDatabaseRoles', {}],
      ['ListDatabaseLeases', {}],
      ['ListDatabaseLeases', { Name: role }],
      ['RevokeDatabaseLease', { LeaseId: randomUUID() }],
    ] as const)
      assert.equal(await refused(action, input, keys), 'AccessDeniedException', action)
  })

  test('whoever says how users are made must be allowed to read the master', async () => {
    const keys = await createUser(allow('secretsmanager:PutDatabaseRole'))
    const role = {
      Name: 'mine',
      Engine: server.kind,
      MasterSecretId: await masterSecret(),
      CreationStatements: readerOf(server),
    }
    assert.equal(await refused('PutDatabaseRole', role, keys), 'AccessDeniedException')
  })

  test('a lease ends with the key by which it was taken, and never outlives a session', async () => {
    const role = await putRole()
    const may = allow('secretsmanager:GenerateDatabaseCredentials', await roleArn(role))
    const [keys, others] = [await createUser(may), await createUser(may)]
    const made = await generate(role, {}, keys)
    const sts = moved((await started).sts(others))
    const session = keysOf(await sts.send(new GetSessionTokenCommand({ DurationSeconds: 900 })))
    const bySession = await generate(role, { TtlSeconds: 3_600 }, session)
    assert.ok(bySession.ExpirationDate - (Date.now() + offsetMs) / 1000 <= 901)
    const { userName: UserName, accessKeyId: AccessKeyId } = keys
    await moved((await started).iam()).send(new DeleteAccessKeyCommand({ UserName, AccessKeyId }))
    await untilGone(made)
    assert.ok(await isThere(bySession))
  })

  test('what fails leaves no user: a statement that is wrong, a password that nobody set', async () => {
    const [first = ''] = readerOf(server)
    const wrong = await putRole({ CreationStatements: [first, 'grant select on nothing_here to {{name}}'] })
    const before = await leasedUsers(server)
    assert.equal(await refused('GenerateDatabaseCredentials', { Name: wrong }), 'InvalidRequestException')
    await advance(46_000)
    await until(
      async () => ((await ask('ListDatabaseLeases', { Name: wrong })).DatabaseLeases as []).length === 0,
    )
    assert.deepEqual(await leasedUsers(server), before)
  })

  test('a role has so many leases and no more', async () => {
    const role = await putRole({ MaxLeases: 2 })
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => call('GenerateDatabaseCredentials', { Name: role })),
    )
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 400, 400])
    assert.equal(await refused('DeleteDatabaseRole', { Name: role }), 'InvalidRequestException')
    for (const { body } of answers) {
      if (body.LeaseId !== undefined) await ask('RevokeDatabaseLease', { LeaseId: body.LeaseId })
    }
    await ask('DeleteDatabaseRole', { Name: role })
    assert.equal(await refused('DescribeDatabaseRole', { Name: role }), 'ResourceNotFoundException')
  })

  test('where the master has become another server, the user is not taken for dropped', async () => {
    const { secrets } = await started
    const { ARN } = await moved(secrets()).send(
      new CreateSecretCommand({ Name: randomUUID(), SecretString: secretOf(server, server.admin) }),
    )
    const role = await putRole({ MasterSecretId: ARN })
    const made = await generate(role)
    const put = (SecretString: string) =>
      moved(secrets()).send(new PutSecretValueCommand({ SecretId: ARN, SecretString }))
    await put(secretOf({ ...server, host: 'localhost' }, server.admin))
    assert.equal((await ask('RevokeDatabaseLease', { LeaseId: made.LeaseId })).Dropped, false)
    assert.ok(await isThere(made))
    await put(secretOf(server, server.admin))
    await advance(11_000)
    await untilGone(made)
  })

  test('statements of the operator’s own are run, and must do what they are for', async () => {
    const [drop, keep] =
      server.kind === 'postgresql'
        ? [['drop owned by {{name}}', 'drop role {{name}}'], ['select 1 /* {{name}} */']]
        : [["drop user '{{name}}'@'%'"], ['select 1 /* {{name}} */']]
    const good = await generate(await putRole({ RevocationStatements: drop }))
    assert.equal((await ask('RevokeDatabaseLease', { LeaseId: good.LeaseId })).Dropped, true)
    const bad = await generate(await putRole({ RevocationStatements: keep }))
    assert.equal((await ask('RevokeDatabaseLease', { LeaseId: bad.LeaseId })).Dropped, false)
    assert.ok(await isThere(bad))
    assert.equal(
      (await ask('RevokeDatabaseLease', { LeaseId: bad.LeaseId, ForgetWithoutDropping: true })).Dropped,
      false,
    )
  })

  test('wrong statements are refused when they are written', async () => {
    const [first = ''] = readerOf(server)
    for (const more of [
      { CreationStatements: ['create role x'] },
      { CreationStatements: ['create role {{name}}'] },
      { CreationStatements: [first, '{{constructor}}'] },
      { RevocationStatements: ['drop role somebody'] },
      { DefaultTtlSeconds: 3_600, MaxTtlSeconds: 60 },
    ]) {
      const role = {
        Name: 'wrong',
        Engine: server.kind,
        MasterSecretId: await masterSecret(),
        CreationStatements: [first],
      }
      assert.equal(await refused('PutDatabaseRole', { ...role, ...more }), 'InvalidParameterException')
    }
  })
}
