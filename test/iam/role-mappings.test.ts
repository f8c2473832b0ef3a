import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { CreateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { AssumeRoleWithSAMLCommand } from '@aws-sdk/client-sts'
import { allow, assumeRole, faultOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { faultIn, resultIn } from '../support/post-form.ts'
import { type Keys, startRolecall, type TestRolecall, trusting } from '../support/rolecall.ts'
import { auditRowsIn } from '../support/rolecall-process.ts'
import { awsAttributes, createSamlIdp, encode } from '../support/saml-idp.ts'
import { postSigned } from '../support/signed-form.ts'
import { serviceKinds } from '../support/stores.ts'

const rolecall = await startRolecall()
const { accountId, roleArn } = rolecall
const issuer = await rolecall.registerIssuer()
const provider = `arn:aws:iam::${accountId}:oidc-provider/${issuer.url.replace('http://', '')}`

type Form = Record<string, string>
const call = (action: string, form: Form = {}, keys?: Keys) =>
  postSigned(rolecall, 'iam', { Action: action, Version: '2010-05-08', ...form }, keys)
type Rule = readonly [claim: string, matchType: string, value: string, roleArn: string]
const rulesForm = (rules: readonly Rule[]): Form =>
  Object.fromEntries(
    rules.flatMap(([Claim, MatchType, Value, RoleARN], index) =>
      Object.entries({ Claim, MatchType, Value, RoleARN }).map(([name, value]) => [
        `Rules.member.${index + 1}.${name}`,
        value,
      ]),
    ),
  )
const asRules = (rules: readonly Rule[], more: Form = {}): Form => ({
  Provider: provider,
  Type: 'Rules',
  AmbiguousRoleResolution: 'Deny',
  ...rulesForm(rules),
  ...more,
})
const put = (form: Form, keys?: Keys) => call('PutProviderRoleMapping', form, keys)
const rules: Rule[] = [
  ['groups', 'Contains', 'développeurs', roleArn('dev')],
  ['email', 'NotEqual', 'x@example', roleArn('path/other')],
]

describe('on the wire', () => {
  test('a mapping comes back as it was put, is listed, and is gone when it is deleted', async () => {
    const more = { AmbiguousRoleResolution: 'AuthenticatedRole', DefaultRoleArn: roleArn('default') }
    assert.equal((await put(asRules(rules, more))).status, 200)
    assert.deepEqual(
      resultIn('GetProviderRoleMapping', await call('GetProviderRoleMapping', { Provider: provider })),
      {
        Provider: provider,
        Type: 'Rules',
        ...more,
        Rules: {
          member: rules.map(([Claim, MatchType, Value, RoleARN]) => ({ Claim, MatchType, Value, RoleARN })),
        },
      },
    )
    const { RoleMappings } = resultIn('ListProviderRoleMappings', await call('ListProviderRoleMappings'))
    assert.deepEqual(Object(RoleMappings).member, { Provider: provider, Type: 'Rules' })
    assert.equal((await call('DeleteProviderRoleMapping', { Provider: provider })).status, 200)
    for (const action of ['GetProviderRoleMapping', 'DeleteProviderRoleMapping']) {
      assert.equal(faultIn(await call(action, { Provider: provider })).code, 'NoSuchEntity')
    }
  })

  test('Google and Facebook are one provider by either of their names', async () => {
    for (const name of ['accounts.google.com', 'graph.facebook.com', 'www.amazon.com']) {
      const Provider = `arn:aws:iam::${accountId}:oidc-provider/${name}`
      await put({ Provider, Type: 'Token', AmbiguousRoleResolution: 'Deny' })
      const found = resultIn(
        'GetProviderRoleMapping',
        await call('GetProviderRoleMapping', { Provider: name }),
      )
      assert.deepEqual([found.Provider, found.Type, found.Rules], [name, 'Token', ''])
      await call('DeleteProviderRoleMapping', { Provider })
    }
  })

  const many = Array.from({ length: 26 }, (): Rule => ['a', 'Equals', 'b', roleArn('dev')])
  for (const [story, form, message] of [
    ['more than 25 rules', asRules(many), /length less than or equal to 25/],
    ['no rules', asRules([]), /Rules goes with the type Rules/],
    ['rules for a token', asRules(rules, { Type: 'Token' }), /Rules goes with the type Rules/],
    ['a comparison that is none', asRules([['a', 'EndsWith', 'b', roleArn('dev')]]), /enum value set/],
    [
      'a rule for nothing',
      asRules([['a', 'StartsWith', '', roleArn('dev')]]),
      /length greater than or equal to 1/,
    ],
    [
      'another account’s role',
      asRules([['a', 'Equals', 'b', 'arn:aws:iam::999999999999:role/x']]),
      /not the ARN/,
    ],
    ['a user for a role', asRules([['a', 'Equals', 'b', `arn:aws:iam::${accountId}:user/x`]]), /not the ARN/],
    [
      'a default where that is denied',
      asRules(rules, { DefaultRoleArn: roleArn('dev') }),
      /DefaultRoleArn goes/,
    ],
    [
      'no default where one is wanted',
      asRules(rules, { AmbiguousRoleResolution: 'AuthenticatedRole' }),
      /DefaultRoleArn/,
    ],
    [
      'another account’s provider',
      asRules(rules, { Provider: 'arn:aws:iam::999999999999:oidc-provider/x' }),
      /not a provider/,
    ],
    [
      'a directory',
      asRules(rules, { Provider: `arn:aws:iam::${accountId}:ldap-provider/corp` }),
      /not a provider/,
    ],
    ['identity pools', asRules(rules, { Provider: 'cognito-identity.amazonaws.com' }), /not a provider/],
  ] as const) {
    test(`${story} is refused`, async () => assert.match(faultIn(await put(form)).message, message))
  }

  test('each action is for whom policy allows it, on the provider’s ARN', async () => {
    const entities = entitiesOf(rolecall)
    await put(asRules(rules))
    for (const [action, form, resource] of [
      ['GetProviderRoleMapping', { Provider: provider }, provider],
      ['ListProviderRoleMappings', {}, '*'],
      ['DeleteProviderRoleMapping', { Provider: provider }, provider],
    ] as const) {
      const may = await entities.user(`may-${action}`, [allow(`iam:${action}`, resource)])
      const not = await entities.user(`not-${action}`, [
        { Effect: 'Allow', NotAction: `iam:${action}`, Resource: '*' },
      ])
      assert.equal(faultIn(await call(action, form, not)).code, 'AccessDenied')
      assert.equal((await call(action, form, may)).status, 200)
    }
  })

  test('whoever puts a mapping may pass on each role in it', async () => {
    const passing = (...roles: string[]) =>
      entitiesOf(rolecall).user(`passes-${roles.length}`, [
        allow('iam:PutProviderRoleMapping', provider),
        ...(roles.length === 0 ? [] : [allow('iam:PassRole', roles)]),
      ])
    const all = [roleArn('dev'), roleArn('path/other'), roleArn('default')]
    const form = asRules(rules, {
      AmbiguousRoleResolution: 'AuthenticatedRole',
      DefaultRoleArn: roleArn('default'),
    })
    for (const some of [[], all.slice(0, 1), all.slice(0, 2)]) {
      const { code, message } = faultIn(await put(form, await passing(...some)))
      assert.equal(code, 'AccessDenied')
      assert.match(message, /iam:PassRole/)
    }
    assert.equal((await put(form, await passing(...all))).status, 200)
    const google = { Provider: 'accounts.google.com', Type: 'Token', AmbiguousRoleResolution: 'Deny' }
    assert.equal(
      faultIn(
        await put(
          google,
          await entitiesOf(rolecall).user('one', [allow('iam:PutProviderRoleMapping', provider)]),
        ),
      ).code,
      'AccessDenied',
    )
  })

  test('what was changed is in the audit log', async () => {
    const events = auditRowsIn(rolecall.dataDir).map(({ event }) => event)
    assert.ok(events.includes('PutProviderRoleMapping') && events.includes('DeleteProviderRoleMapping'))
  })
})

describe('whoever comes in by a provider that has a mapping', async () => {
  const dev = await rolecall.createRole('dev', trusting(accountId, issuer))
  const other = await rolecall.createRole('other', trusting(accountId, issuer))
  const shut = await rolecall.createRole(
    'shut',
    trusting(accountId, issuer, { StringEquals: { 'aws:SourceIp': 'nowhere' } }),
  )
  const token = issuer.sign({ groups: ['staff', 'developers'] })

  test('has by AssumeRoleWithWebIdentity the roles of the mapping alone, and the trust policy the last word', async () => {
    await call('DeleteProviderRoleMapping', { Provider: provider })
    await assumeRole(rolecall, other, token)
    await put(
      asRules([
        ['groups', 'Equals', 'developers', dev],
        ['groups', 'Equals', 'developers', shut],
      ]),
    )
    await assumeRole(rolecall, dev, token)
    for (const role of [other, shut]) {
      assert.deepEqual((await faultOf(assumeRole(rolecall, role, token))).code, 'AccessDenied')
    }
    assert.match(rolecall.logged(), /the role mapping of arn:[^"]+ does not give them arn:[^"]+role\/other/)
  })

  test('has them at POST /token as well', async () => {
    const exchange = (resource: string) =>
      fetch(`${rolecall.url}/token`, {
        method: 'POST',
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
          subject_token: token,
          resource,
        }),
      })
    assert.equal((await exchange(dev)).status, 200)
    const [mapped, missing] = [await exchange(other), await exchange(roleArn('nobodys'))]
    assert.equal(mapped.status, missing.status)
    assert.deepEqual(await mapped.json(), await missing.json())
  })

  test('has by AssumeRoleWithSAML what both the assertion and the mapping give', async () => {
    const idp = createSamlIdp()
    await rolecall
      .iam()
      .send(new CreateSAMLProviderCommand({ Name: 'corp', SAMLMetadataDocument: idp.metadata() }))
    const corp = `arn:aws:iam::${accountId}:saml-provider/corp`
    const trust = { Effect: 'Allow', Principal: { Federated: corp }, Action: 'sts:AssumeRoleWithSAML' }
    const [a, b] = await Promise.all(
      ['saml-a', 'saml-b'].map(name =>
        rolecall.createRole(name, { Version: '2012-10-17', Statement: trust }),
      ),
    )
    assert.ok(a && b)
    const take = async (RoleArn: string, named: string[]) => {
      const xml = await idp.respond({
        recipient: `${rolecall.url}/saml/acs`,
        audience: `${rolecall.url}/saml/metadata`,
        attributes: {
          ...awsAttributes(named, corp),
          'https://corp.example/Claims/Groups': ['staff', 'devs'],
        },
      })
      const asked = { RoleArn, PrincipalArn: corp, SAMLAssertion: encode(xml) }
      return rolecall.sts().send(new AssumeRoleWithSAMLCommand(asked))
    }
    await put(asRules([['https://corp.example/Claims/Groups', 'Equals', 'devs', a]], { Provider: corp }))
    await take(a, [a, b])
    assert.equal((await faultOf(take(b, [a, b]))).code, 'AccessDenied')
    assert.equal((await faultOf(take(a, [b]))).code, 'AccessDenied')
  })
})

for (const { kind, skip, settings } of serviceKinds) {
  describe(`the list of mappings on ${kind}`, { skip }, async () => {
    if (skip === false) await walksPages(await startRolecall(await settings()))
  })
}

/** Names in the order of their letters' numbers, which is no language's; the last is as long as a name may be. */
async function walksPages(service: TestRolecall): Promise<void> {
  const arn = (name: string) => `arn:aws:iam::${service.accountId}:oidc-provider/${name}`
  const names = ['Z.example', '_.example', 'a.example', 'b.example', 'z'.repeat(512 - arn('').length)]
  const ask = (action: string, form: Form = {}) =>
    postSigned(service, 'iam', { Action: action, Version: '2010-05-08', ...form })
  const list = async (form: Form) => {
    const page = resultIn('ListProviderRoleMappings', await ask('ListProviderRoleMappings', form))
    const { RoleMappings, IsTruncated, Marker } = page
    const found = [Object(RoleMappings).member ?? []].flat().map(one => String(Object(one).Provider))
    return { found, isTruncated: IsTruncated === 'true', marker: Marker }
  }
  for (const name of names.toReversed()) {
    const form = { Provider: arn(name), Type: 'Token', AmbiguousRoleResolution: 'Deny' }
    assert.equal((await ask('PutProviderRoleMapping', form)).status, 200)
  }

  test('all pages together are the list, in its order, each once', async () => {
    const pages: string[][] = []
    for (let form: Form = {}; pages.length < 6; ) {
      const { found, isTruncated, marker } = await list({ MaxItems: '1', ...form })
      pages.push(found)
      assert.equal(marker !== undefined, isTruncated)
      if (!isTruncated) break
      form = { Marker: String(marker) }
    }
    assert.deepEqual(
      pages,
      names.map(name => [arn(name)]),
    )
  })

  test('a page that holds all says that there is no more', async () => {
    assert.deepEqual(await list({ MaxItems: '5' }), {
      found: names.map(arn),
      isTruncated: false,
      marker: undefined,
    })
  })

  test('what comes and goes between two pages neither repeats what was seen nor hides what was not', async () => {
    const first = await list({ MaxItems: '3' })
    await ask('DeleteProviderRoleMapping', { Provider: arn('a.example') })
    const { found } = await list({ Marker: String(first.marker) })
    assert.deepEqual(found, names.slice(3).map(arn))
  })

  for (const [story, form] of [
    ['a page of nothing', { MaxItems: '0' }],
    ['a page of 1001', { MaxItems: '1001' }],
    ['a marker that was never given', { Marker: 'not-a-marker!' }],
    ['a marker longer than any', { Marker: 'a'.repeat(684) }],
  ] as const) {
    test(`${story} is refused`, async () => {
      const { code, status } = faultIn(await ask('ListProviderRoleMappings', form))
      assert.deepEqual([code, status], ['ValidationError', 400])
    })
  }
}
