import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { allow } from '../../support/aws-calls.ts'
import { createHttpBrowser } from '../../support/http-browser.ts'
import { auditRowsIn } from '../../support/rolecall-process.ts'
import { pathOf, plainOf, secretsPage, startSecretPages, tokenIn } from '../../support/secret-pages.ts'
import { postSigned } from '../../support/signed-form.ts'
import { until } from '../../support/until.ts'

const service = await startSecretPages()
const { url, root, accountId, corp, role, enter, look, post, browser, see, send, make, put, valueIn } =
  service
const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"${accountId}"},"Action":"secretsmanager:PutResourcePolicy","Resource":"*"}]}`

type Kept = { arn: string; version: string; before: string; deleted: string }
/** Posts by their path; `GET` before it for a page. */
type Row = [action: string, where: string, form: (kept: Kept) => Record<string, string>]
const rows: Row[] = [
  ['secretsmanager:ListSecrets', 'GET ', () => ({})],
  [
    'secretsmanager:CreateSecret',
    'new',
    () => ({ name: 'by-the-page', token: crypto.randomUUID(), value: 'v' }),
  ],
  [
    'secretsmanager:TagResource',
    'new',
    () => ({ name: 'by-the-page', token: crypto.randomUUID(), value: 'v', 'tag-key-1': 'a' }),
  ],
  ['secretsmanager:DescribeSecret', 'GET secret', ({ arn }) => ({ id: arn })],
  ['secretsmanager:GetSecretValue', 'value', ({ arn }) => ({ id: arn })],
  [
    'secretsmanager:PutSecretValue',
    'new-value',
    ({ arn }) => ({ id: arn, token: crypto.randomUUID(), value: 'v' }),
  ],
  [
    'secretsmanager:UpdateSecretVersionStage',
    'stage',
    ({ arn, version, before }) => ({ id: arn, stage: 'AWSCURRENT', from: version, to: before }),
  ],
  ['secretsmanager:UpdateSecret', 'edit/description', ({ arn }) => ({ id: arn, description: 'new' })],
  ['secretsmanager:TagResource', 'edit/tag', ({ arn }) => ({ id: arn, key: 'k', value: 'v' })],
  ['secretsmanager:UntagResource', 'edit/untag', ({ arn }) => ({ id: arn, key: 'team' })],
  ['secretsmanager:RotateSecret', 'rotate', ({ arn }) => ({ id: arn })],
  ['secretsmanager:CancelRotateSecret', 'cancel', ({ arn }) => ({ id: arn })],
  ['secretsmanager:DeleteSecret', 'delete', ({ arn }) => ({ id: arn, days: '7' })],
  ['secretsmanager:RestoreSecret', 'restore', ({ deleted }) => ({ id: deleted })],
  ['secretsmanager:GetResourcePolicy', 'GET policy', ({ arn }) => ({ id: arn })],
  ['secretsmanager:PutResourcePolicy', 'policy', ({ arn }) => ({ id: arn, policy: 'x', do: 'save' })],
  ['secretsmanager:DeleteResourcePolicy', 'policy/delete', ({ arn }) => ({ id: arn })],
]
const posts = rows.filter(([, where]) => !where.startsWith('GET'))

let count = 0
async function keep(): Promise<Kept> {
  const name = `kept-${count++}`
  const arn = await make(name, { SecretString: 'the-first', Tags: [{ Key: 'team', Value: 'blue' }] })
  const { VersionId: before = '' } = await valueIn(arn)
  await put(arn, 'the-second')
  const { VersionId: version = '' } = await valueIn(arn)
  await root.send(new sm.PutResourcePolicyCommand({ SecretId: arn, ResourcePolicy: policy }))
  const deleted = await make(`${name}-deleted`)
  await root.send(new sm.DeleteSecretCommand({ SecretId: deleted }))
  return { arn, version, before, deleted }
}
/** All that there is to change. */
async function stateOf({ arn, deleted }: Kept): Promise<string> {
  const { $metadata: _1, LastAccessedDate: _2, ...described } = await service.described(arn)
  const { $metadata: _3, ...gone } = await service.described(deleted)
  const { ResourcePolicy } = await root.send(new sm.GetResourcePolicyCommand({ SecretId: arn }))
  const { SecretList = [] } = await root.send(new sm.ListSecretsCommand({ IncludePlannedDeletion: true }))
  return JSON.stringify([described, gone, ResourcePolicy, SecretList.length])
}
const visit = (by: typeof browser, where: string, form: Record<string, string>) =>
  where.startsWith('GET')
    ? look(by, `${secretsPage}${where === 'GET ' ? '' : `/${where.slice(4)}`}?${new URLSearchParams(form)}`)
    : post(by, `${secretsPage}/${where}`, form)

describe('what the role may not do over the wire', () => {
  for (const [action, where, form] of rows) {
    test(`it may not on a page either: ${action} by ${where.startsWith('GET') ? where : `POST ${where}`}`, async () => {
      const kept = await keep()
      const name = `not-${count++}`
      const mine = await enter(await role(name, { Effect: 'Allow', NotAction: action, Resource: '*' }))
      const before = await stateOf(kept)
      const { status, text } = await visit(mine, where, form(kept))
      assert.equal(status, 403)
      const said = plainOf(text)
      const who = `arn:aws:sts::${accountId}:assumed-role/${name}/Name-of-ada`
      assert.ok(said.includes(`Who ${who} May not do ${action} On `), said)
      assert.ok(!text.includes('the-first') && !text.includes('the-second'))
      assert.equal(await stateOf(kept), before)
      // Of several permissions of one action each refusal is the action's.
      const event = where === 'new' ? 'CreateSecret' : action.split(':')[1]
      await until(async () =>
        auditRowsIn(service.dataDir).some(
          row => row.event === event && row.decision === 'denied' && row.caller_arn === who,
        ),
      )
    })
  }

  test('is left out of a page that has more to show', async () => {
    const { arn, version } = await keep()
    const missing = 'secretsmanager:ListSecretVersionIds'
    const mine = await enter(
      await role('no-versions', { Effect: 'Allow', NotAction: missing, Resource: '*' }),
    )
    const { status, text } = await look(mine, pathOf('secret', arn))
    assert.equal(status, 200)
    assert.match(
      plainOf(text),
      /Left out, since it is not allowed: .* may not do secretsmanager:ListSecretVersionIds on/,
    )
    assert.ok(!text.includes(version))
  })

  test('was done is said also when it may not be looked at', async () => {
    const mine = await enter(await role('blind', allow('secretsmanager:CreateSecret')))
    const token = tokenIn((await look(mine, `${secretsPage}/new`)).text)
    const { sentTo = '' } = await post(mine, `${secretsPage}/new`, { token, name: 'blind', value: 'v' })
    const { status, text } = await look(mine, sentTo)
    assert.equal(status, 403)
    assert.match(plainOf(text), /The secret is made\. That is not allowed/)
  })
})

describe('a resource policy', () => {
  test('that denies the role counts on the pages', async () => {
    const arn = await make('denied', { SecretString: 'the-denied-one' })
    const mine = await role('denied', allow('*'))
    const Statement = {
      Effect: 'Deny',
      Principal: { AWS: mine },
      Action: 'secretsmanager:GetSecretValue',
      Resource: '*',
    }
    const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement })
    await root.send(new sm.PutResourcePolicyCommand({ SecretId: arn, ResourcePolicy }))
    const { status, text } = await post(await enter(mine), `${secretsPage}/value`, { id: arn })
    assert.equal(status, 403)
    assert.match(plainOf(text), /explicit deny in a resource-based policy/)
    assert.ok(!text.includes('the-denied-one'))
  })

  test('that allows the role what its own policies do not, counts as well', async () => {
    const arn = await make('lent', { SecretString: 'the-lent-one' })
    const mine = await role('borrower', allow('secretsmanager:ListSecrets'))
    const Statement = {
      Effect: 'Allow',
      Principal: { AWS: mine },
      Action: 'secretsmanager:GetSecretValue',
      Resource: '*',
    }
    const ResourcePolicy = JSON.stringify({ Version: '2012-10-17', Statement })
    await root.send(new sm.PutResourcePolicyCommand({ SecretId: arn, ResourcePolicy }))
    const { text } = await post(await enter(mine), `${secretsPage}/value`, { id: arn })
    assert.ok(text.includes('the-lent-one'))
  })

  test('or a role’s own that allows the current version alone shows that one and no other', async () => {
    const { arn, before } = await keep()
    const Condition = { StringEquals: { 'secretsmanager:VersionStage': 'AWSCURRENT' } }
    const mine = await enter(
      await role('current-alone', { ...allow('secretsmanager:GetSecretValue'), Condition }),
    )
    assert.ok((await post(mine, `${secretsPage}/value`, { id: arn })).text.includes('the-second'))
    assert.equal((await post(mine, `${secretsPage}/value`, { id: arn, version: before })).status, 403)
  })
})

describe('a request that is not from our pages', () => {
  for (const [, where, form] of posts) {
    test(`changes and shows nothing: POST ${where}`, async () => {
      const kept = await keep()
      const before = await stateOf(kept)
      for (const headers of [{ origin: 'https://evil.example' }, { origin: '' }, { origin: 'null' }]) {
        const answer = await browser.post(
          `${url}${secretsPage}/${where}`,
          form(kept),
          headers as Record<string, string>,
        )
        assert.equal(answer.status, 403)
        assert.ok(!(await answer.text()).includes('the-second'))
      }
      assert.equal(await stateOf(kept), before)
    })
  }

  test('gets nowhere by a GET at the place of a POST', async () => {
    const kept = await keep()
    const before = await stateOf(kept)
    for (const where of [
      'value',
      'restore',
      'edit/description',
      'edit/tag',
      'edit/untag',
      'policy/delete',
      'rotate',
      'cancel',
    ]) {
      const { status, text } = await see(pathOf(where, kept.arn, { key: 'team', description: 'new' }))
      assert.equal(status, 404, where)
      assert.ok(!text.includes('the-second'))
    }
    assert.equal(await stateOf(kept), before)
  })
})

describe('whoever is not in the console', () => {
  test('or not signed in, is sent to where they get in, and has seen nothing', async () => {
    const kept = await keep()
    const before = await stateOf(kept)
    const outside = await service.signIn()
    for (const [, where, form] of rows) {
      assert.equal((await visit(createHttpBrowser(), where, form(kept))).sentTo, '/?notice=required')
      assert.equal((await visit(outside, where, form(kept))).sentTo, '/console?notice=choose')
    }
    assert.equal(await stateOf(kept), before)
  })

  test('any more, since the role’s sessions were revoked, is shown no value', async () => {
    const { arn } = await keep()
    const mine = await enter(await role('revoked', allow('*')))
    assert.equal((await post(mine, `${secretsPage}/value`, { id: arn })).status, 200)
    const shown = () => service.rowsOf('GetSecretValue', arn).length
    const before = shown()
    await postSigned(service, 'iam', { Action: 'RevokeSessions', Version: '2010-05-08', RoleName: 'revoked' })
    const { sentTo, text } = await post(mine, `${secretsPage}/value`, { id: arn })
    assert.equal(sentTo, '/console?notice=ended')
    assert.ok(!text.includes('the-second'))
    assert.equal(shown(), before)
  })
})

test('a value stands in no log, no row, no session, no file, no address and no other page', async () => {
  const marker = 'zq7-only-in-one-page'
  const seen: string[] = []
  const watched = async (part: string, form: Record<string, string>) => {
    const answer = await send(part, form)
    seen.push(answer.sentTo ?? '', answer.text)
    if (answer.sentTo) seen.push((await see(answer.sentTo)).text)
    return answer
  }
  const token = async () => tokenIn((await see(`${secretsPage}/new`)).text)
  for (const form of [
    { as: 'text', value: marker, name: 'no!t /so' },
    { as: 'json', value: `{"${marker}": ` },
    { as: 'base64', value: `${marker}!` },
    { as: 'pairs', 'key-1': marker, 'key-2': marker },
    { as: 'text', value: marker.repeat(4_000) },
    { as: 'text', value: marker, 'tag-key-1': 'aws:x' },
  ]) {
    assert.equal((await watched('new', { name: 'marked', token: await token(), ...form })).status, 400)
  }
  await watched('new', { name: 'marked', token: await token(), as: 'pairs', 'key-1': 'a', 'value-1': marker })
  const { ARN: id = '' } = await service.described('marked')
  const again = { id, as: 'text', value: `${marker}-2`, token: await token() }
  await watched('new-value', again)
  await watched('new-value', { ...again, value: `${marker}-3` })
  await watched('edit/description', { id, description: 'said' })
  await watched('delete', { id, days: '7' })
  await watched('value', { id })
  await watched('restore', { id })
  const shown = await send('value', { id })
  assert.ok(shown.text.includes(`${marker}-2`))
  for (const part of ['secret', 'new-value', 'edit', 'stage', 'delete', 'policy'])
    seen.push((await see(pathOf(part, id))).text)
  seen.push((await see(secretsPage)).text, service.logged(), JSON.stringify(auditRowsIn(service.dataDir)))
  const sessions = await service.rolecall.store.webSessions.listOf(
    JSON.stringify([corp.url, 'ada']),
    Date.now(),
  )
  assert.ok(sessions.length > 0)
  seen.push(JSON.stringify(sessions))
  for (const one of seen) assert.ok(!one.includes(marker) && !one.includes(encodeURIComponent(marker)))
  for (const path of readdirSync(service.dataDir, { recursive: true, encoding: 'utf8' })) {
    const file = join(service.dataDir, path)
    if (statSync(file).isFile()) assert.ok(!readFileSync(file).includes(marker), path)
  }
})

test('every page of secrets is for this browser alone, and keeps to the same rules as all pages', async () => {
  const { arn } = await keep()
  for (const path of [
    '',
    '/new',
    ...['secret', 'new-value', 'edit', 'stage', 'delete', 'policy'].map(part =>
      pathOf(part, arn).slice(secretsPage.length),
    ),
  ]) {
    const { headers, status } = await browser.get(`${url}${secretsPage}${path}`)
    assert.equal(status, 200, path)
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.match(
      headers.get('content-security-policy') ?? '',
      /default-src 'none'.*script-src 'self'.*frame-ancestors 'none'/,
    )
  }
})
