import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { MappingRule } from '../../../server/base/role-mapping.ts'
import { allow } from '../../support/aws-calls.ts'
import { startConsoleRolecall } from '../../support/console.ts'
import { makePool } from '../../support/identity-pool.ts'
import { trusting } from '../../support/rolecall.ts'
import { auditRowsIn } from '../../support/rolecall-process.ts'

const service = await startConsoleRolecall()
const { accountId, roleArn, role, enter, look, post, signIn, corp } = service
const { roleMappings, webSessions } = service.rolecall.store
const providerArn = (name: string) => `arn:aws:iam::${accountId}:oidc-provider/${name}`
const page = '/console/role-mappings'
const operator = await role('operator', allow('*'))
const host = 'tried.example'
const provider = providerArn(host)
const dev = await service.createRole('dev', trusting(accountId, { url: `https://${host}` }))
const shut = await service.createRole('shut', trusting(accountId, { url: 'https://other.example' }))
const rule = (
  claim: string,
  matchType: MappingRule['matchType'],
  value: string,
  arn: string,
): MappingRule => ({
  claim,
  matchType,
  value,
  roleArn: arn,
})
const rules = [
  rule('groups', 'Equals', 'admins <i>', shut),
  rule('groups', 'Contains', 'dev', dev),
  rule('department', 'NotEqual', 'external', roleArn('gone')),
]
await roleMappings.put({ provider, mapping: { type: 'Rules', ambiguous: 'Deny', rules } })
const browser = await enter(operator)
const pathOf = (name: string, pool = '') =>
  `${page}/try?provider=${encodeURIComponent(name)}${pool === '' ? '' : `&pool=${encodeURIComponent(pool)}`}`
const plain = (text: string) =>
  text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll(/\s+/g, ' ')
const tryOut = async (claims: unknown, more: Record<string, string> = {}) => {
  const text = typeof claims === 'string' ? claims : JSON.stringify(claims)
  const answer = await post(browser, `${page}/try`, { provider, claims: text, 'source-ip': '', ...more })
  return { ...answer, plain: plain(answer.text) }
}

describe('the list', () => {
  test('has what providers and identity pools there are, each leading to its mapping', async () => {
    const pool = await makePool(service)
    const { text, status } = await look(browser, page)
    assert.equal(status, 200)
    assert.ok(text.includes(`href="${pathOf(provider)}"`))
    assert.ok(text.includes(`href="${page}/pool?pool=${encodeURIComponent(pool.id)}"`))
  })

  test('goes on where a page ends', async () => {
    const names = Array.from({ length: 50 }, (_, n) =>
      providerArn(`many-${String(n).padStart(2, '0')}.example`),
    )
    for (const name of names) {
      await roleMappings.put({ provider: name, mapping: { type: 'Token', ambiguous: 'Deny' } })
    }
    const first = await look(browser, page)
    assert.ok(first.text.includes('many-49.example') && !first.text.includes(`${host}<`))
    const [, next = ''] = /href="([^"]+)">More providers/.exec(first.text) ?? []
    assert.ok((await look(browser, next)).text.includes(`${host}<`))
    for (const name of names) await roleMappings.delete(name)
    assert.equal((await look(browser, `${page}?after=none-of-ours!`)).status, 400)
  })

  test('leaves out what the role may not list, and says so', async () => {
    const only = await enter(await role('providers-alone', allow('iam:ListProviderRoleMappings')))
    const { text, status } = await look(only, page)
    assert.equal(status, 200)
    assert.ok(text.includes(provider) && !text.includes(`${page}/pool`))
    assert.match(
      text,
      /Left out, since it is not allowed: .* may not do cognito-identity:ListIdentityPools on \*/,
    )
  })
})

describe('a mapping', () => {
  test('shows its rules in their order, and claims to begin with', async () => {
    const { text, status } = await look(browser, pathOf(provider))
    assert.equal(status, 200)
    const said = plain(text)
    assert.match(
      said,
      /Rule 1: groups Equals “admins &lt;i&gt;” .*Rule 2: groups Contains “dev”.*Rule 3: department/,
    )
    assert.match(said, /Whom it gives no one role is denied one/)
    assert.ok(text.includes('&#34;admins &lt;i&gt;&#34;') && !text.includes('<i>'))
    assert.ok(!text.includes('id="verdict"'))
  })

  test('that is not there is not found, in words and with a request id', async () => {
    for (const name of [providerArn('nowhere.example'), 'nonsense', '<script>']) {
      const { status, text } = await look(browser, pathOf(name))
      assert.ok(status === 404 || status === 400, String(status))
      assert.match(text, /Not found|That did not work/)
      assert.match(text, /give this request id/)
      assert.ok(!text.includes('<script>'))
    }
    const pool = await makePool(service)
    assert.equal((await look(browser, pathOf(provider, pool.id))).status, 404)
    assert.equal((await look(browser, `${page}/pool?pool=us-east-1:0`)).status, 404)
  })
})

describe('claims that are tried', () => {
  test('show of each rule whether it matches and why, which fires, and what the trust policies say', async () => {
    const { status, plain: said } = await tryOut({
      sub: 'ada',
      groups: ['developers', 'x'],
      department: 'it',
    })
    assert.equal(status, 200)
    assert.match(
      said,
      /Rule 2 fires: it is the first that matches\. arn:aws:iam::\d+:role\/dev They get this role\./,
    )
    assert.match(said, /role\/dev admits them/)
    assert.match(said, /role\/gone does not admit them theirs to choose there is no such role/)
    assert.match(said, /Rule 1: .* does not match groups is “developers”, “x”\./)
    assert.match(said, /Rule 2: groups Contains “dev” fires groups is “developers”, “x”\./)
    assert.match(said, /Rule 3: department NotEqual “external” matches too department is “it”\./)
  })

  test('show that the trust policy has the last word', async () => {
    const { plain: said } = await tryOut({ groups: 'admins <i>' })
    assert.match(said, /Rule 1 fires/)
    assert.match(said, /They do not get this role all the same: the reason is below\./)
    assert.match(said, /role\/shut does not admit them [^ ]/)
    assert.match(said, /Rule 3: .* There is no claim department/)
  })

  test('show when nothing is given, and when the default counts', async () => {
    const nothing = await tryOut({ sub: 'ada' })
    assert.match(
      nothing.plain,
      /No rule matches, and whom the mapping gives no role is denied one\. They are given no role\./,
    )
    const other = providerArn('defaults.example')
    await roleMappings.put({
      provider: other,
      mapping: { type: 'Token', ambiguous: 'AuthenticatedRole' },
      defaultRole: dev,
    })
    const byDefault = await tryOut({}, { provider: other })
    assert.match(
      byDefault.plain,
      /The token gives no one role, so the default role counts\. arn:aws:iam::\d+:role\/dev/,
    )
    const preferred = { 'cognito:roles': [shut, dev], 'cognito:preferred_role': shut }
    const byToken = await tryOut(preferred, { provider: other })
    assert.match(
      byToken.plain,
      /The token prefers this role\. arn:aws:iam::\d+:role\/shut They do not get this role/,
    )
  })

  test('go by the address that is given', async () => {
    const near = await service.createRole(
      'near',
      trusting(accountId, { url: 'https://near.example' }, { IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } }),
    )
    const name = providerArn('near.example')
    const mapping = {
      type: 'Rules' as const,
      ambiguous: 'Deny' as const,
      rules: [rule('a', 'Equals', 'b', near)],
    }
    await roleMappings.put({ provider: name, mapping })
    const asked = { provider: name }
    assert.match((await tryOut({ a: 'b' }, asked)).plain, /They do not get this role/)
    const there = await tryOut({ a: 'b' }, { ...asked, 'source-ip': ' 192.0.2.9 ' })
    assert.match(there.plain, /They get this role/)
    assert.match(there.text, /value="192\.0\.2\.9"/)
  })

  test('are tried on the mapping of an identity pool as well', async () => {
    const pool = await makePool(service)
    const Rules = [{ Claim: 'custom:Plan', MatchType: 'StartsWith' as const, Value: 'paid', RoleARN: dev }]
    await pool.setRoles({
      RoleMappings: {
        [provider]: {
          Type: 'Rules',
          AmbiguousRoleResolution: 'AuthenticatedRole',
          RulesConfiguration: { Rules },
        },
      },
    })
    assert.ok((await look(browser, `${page}/pool?pool=${pool.id}`)).text.includes(provider))
    assert.match((await look(browser, pathOf(provider, pool.id))).text, /custom:Plan/)
    const fired = await tryOut({ 'custom:Plan': 'paid-year' }, { pool: pool.id })
    assert.match(fired.plain, /Rule 1 fires/)
    const others = await tryOut({ 'custom:Plan': 'free' }, { pool: pool.id })
    assert.match(others.plain, /No rule matches, so the default role counts\. arn:aws:iam::\d+:role\/user-/)
  })

  for (const [story, claims, says] of [
    ['that break off', '{"groups": [', 'The claims end too early: a value or ] is expected.'],
    [
      'with a comma too many',
      '{\r\n  "a": 1,\r\n}',
      'line 3, column 1: a name in double quotes is expected.',
    ],
    ['that are no object', '["</textarea><script>"]', 'line 1, column 1: an object is expected'],
    ['that no proof may have', '{"groups": "x", "GROUPS": "y"}', 'No proof of this provider may say this'],
    ['that are none', '  ', 'There are no claims to try.'],
    [
      'longer than any token',
      `{"a": "${'x'.repeat(20_000)}"}`,
      'The claims are longer than 20,000 characters.',
    ],
  ] as const) {
    test(`${story} are told to be wrong and where, and stay to be mended`, async () => {
      const { status, text, plain: said } = await tryOut(claims)
      assert.equal(status, 400)
      assert.ok(said.includes(says), said)
      const [, kept = ''] = /<textarea[^>]*>\n([\s\S]*?)<\/textarea>/.exec(text) ?? []
      const escaped = claims
        .replaceAll('\r\n', '\n')
        .replaceAll('<', '&lt;')
        .replaceAll('>', '&gt;')
        .replaceAll('"', '&#34;')
      assert.equal(kept, escaped)
      assert.ok(text.includes('aria-invalid="true"') && !text.includes('<script>'))
    })
  }

  test('at an address that is none are told so', async () => {
    const { status, plain: said } = await tryOut({ a: 1 }, { 'source-ip': '1.2.3' })
    assert.equal(status, 400)
    assert.match(said, /The address is no IP address/)
  })

  test('as long as may be come through, in letters of any length', async () => {
    const claims = JSON.stringify({ groups: 'ö'.repeat(19_900) })
    assert.equal((await tryOut(claims)).status, 200)
  })

  test('larger than a form may be are refused before they are read', async () => {
    assert.equal((await tryOut('x'.repeat(300_000))).status, 413)
  })

  test('are kept nowhere: not in the logs, not in the session', async () => {
    const secret = 'a-secret-of-somebody'
    for (const claims of [
      { groups: [secret, 'dev'] },
      `{"${secret}": `,
      { groups: secret, GROUPS: secret },
    ]) {
      assert.ok((await tryOut(claims)).text.includes(secret))
    }
    const sessions = await webSessions.listOf(JSON.stringify([corp.url, 'ada']), Date.now())
    assert.ok(sessions.length > 0)
    for (const kept of [service.logged(), auditRowsIn(service.dataDir), sessions]) {
      assert.ok(!JSON.stringify(kept).includes(secret))
    }
  })
})

describe('what the role may not do', () => {
  for (const [story, missing] of [
    ['try claims', 'iam:SimulateRoleMapping'],
    ['read the mapping', 'iam:GetProviderRoleMapping'],
    ['read the role that it gives', 'iam:GetRole'],
  ] as const) {
    test(`a role that may not ${story} is told which action on what, by whom, and nothing of the outcome`, async () => {
      const name = `not-${missing.replace(':', '-')}`
      const mine = await enter(await role(name, { Effect: 'Allow', NotAction: missing, Resource: '*' }))
      const form = { provider, claims: '{"groups": "dev"}' }
      const { status, text } = await post(mine, `${page}/try`, form)
      assert.equal(status, 403)
      const said = plain(text)
      const on = missing === 'iam:GetRole' ? dev : provider
      assert.match(said, /The role that you work as may not do this, because no identity-based policy allows/)
      assert.ok(
        said.includes(
          `Who arn:aws:sts::${accountId}:assumed-role/${name}/Name-of-ada May not do ${missing} On ${on}`,
        ),
        said,
      )
      assert.ok(!said.includes('fires') && text.includes('The whole story, sealed'))
    })
  }

  test('is told for an identity pool in the same way, whatever status its wire has for it', async () => {
    const { id } = await makePool(service)
    const mine = await enter(await role('no-pools', allow('iam:*')))
    const { status, text } = await look(mine, `${page}/pool?pool=${id}`)
    assert.equal(status, 403)
    assert.match(plain(text), /May not do cognito-identity:GetIdentityPoolRoles On arn:aws:cognito-identity/)
  })

  test('is not shown to whoever is signed in and works as no role', async () => {
    const { sentTo } = await look(await signIn(), pathOf(provider))
    assert.equal(sentTo, '/console?notice=choose')
  })
})

test('every page of it is for this browser alone, and keeps to the same rules as all pages', async () => {
  for (const path of ['/console', page, pathOf(provider)]) {
    const { headers } = await browser.get(`${service.url}${path}`)
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/)
  }
})
