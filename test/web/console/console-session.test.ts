import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { allow, policyOf } from '../../support/aws-calls.ts'
import { startConsoleRolecall } from '../../support/console.ts'
import { createHttpBrowser, type HttpBrowser } from '../../support/http-browser.ts'
import { faultIn } from '../../support/post-form.ts'
import type { Keys } from '../../support/rolecall.ts'
import { auditRowsIn } from '../../support/rolecall-process.ts'
import { postSigned } from '../../support/signed-form.ts'
import { until } from '../../support/until.ts'

const service = await startConsoleRolecall()
const { url, corp, provider, accountId, role, enter, look, post, signIn } = service
const { roleMappings, webSessions } = service.rolecall.store
const root = service.iam()
await roleMappings.put({
  provider: `arn:aws:iam::${accountId}:oidc-provider/others.example`,
  mapping: { type: 'Token', ambiguous: 'Deny' },
})
const operator = await role('operator', allow('*'))
const page = '/console/role-mappings'
const cookieOf = (browser: HttpBrowser) => browser.jars.get(url)?.get('rolecall') ?? assert.fail('no cookie')
const withCookie = (cookie: string) => {
  const browser = createHttpBrowser()
  browser.jars.set(url, new Map([['rolecall', cookie]]))
  return browser
}
const lastRow = (event: string) => auditRowsIn(service.dataDir).findLast(row => row.event === event)
/** Refusals are written by and by. */
const written = (event: string, row: Record<string, unknown>) =>
  until(async () =>
    auditRowsIn(service.dataDir).some(
      one => one.event === event && Object.keys(row).every(name => one[name] === row[name]),
    ),
  )
const revoke = async (form: Record<string, string>) => {
  const answer = await postSigned(service, 'iam', {
    Action: 'RevokeSessions',
    Version: '2010-05-08',
    ...form,
  })
  assert.equal(answer.status, 200, answer.xml)
}
const setTrust = (RoleName: string, document: object) =>
  root.send(new iam.UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument: JSON.stringify(document) }))
const nobody = {
  Version: '2012-10-17',
  Statement: { Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRoleWithWebIdentity' },
}
const atStart = '/?notice=required'

describe('who gets in', () => {
  test('a stranger is sent to sign in from every page, and can enter nothing', async () => {
    const stranger = createHttpBrowser()
    for (const path of ['/console', page, `${page}/try?provider=${provider}`, `${page}/pool?pool=a:1`]) {
      assert.equal((await look(stranger, path)).sentTo, atStart)
    }
    assert.equal((await post(stranger, '/console/enter', { role: operator })).status, 401)
    assert.equal((await post(stranger, `${page}/try`, { provider, claims: '{}' })).sentTo, atStart)
  })

  test('whoever has a role and did not enter sees the choice and nothing else', async () => {
    const browser = await signIn()
    assert.match((await look(browser, '/roles')).text, /href="\/console"/)
    const { text } = await look(browser, '/console')
    assert.match(text, /Enter the console/)
    assert.ok(text.includes(operator) && !text.includes('others.example'))
    for (const path of [page, `${page}/try?provider=${provider}`]) {
      assert.equal((await look(browser, path)).sentTo, '/console?notice=choose')
    }
  })

  test('whoever has no role sees nothing of operators’', async () => {
    const none = `arn:aws:iam::${accountId}:role/none-of-theirs`
    const rules = [{ claim: 'sub', matchType: 'Equals' as const, value: 'nobody', roleArn: none }]
    await roleMappings.put({ provider, mapping: { type: 'Rules', ambiguous: 'Deny', rules } })
    const browser = await signIn('mallory')
    assert.ok(!(await look(browser, '/roles')).text.includes('/console'))
    const choice = await look(browser, '/console')
    assert.match(choice.text, /No role trusts this account/)
    assert.ok(!choice.text.includes('arn:') && !choice.text.includes('<form method="post" action="/console'))
    assert.equal((await post(browser, '/console/enter', { role: operator })).status, 403)
    assert.equal((await look(browser, page)).sentTo, '/console?notice=choose')
    await roleMappings.delete(provider)
  })

  for (const [story, asked] of [
    ['a role that does not trust them', 'closed'],
    ['a role that is not there', 'nowhere'],
  ] as const) {
    test(`${story} can’t be entered, and the audit log has it`, async () => {
      if (asked === 'closed') await service.createRole(asked, nobody)
      const browser = await signIn()
      const answer = await post(browser, '/console/enter', { role: service.roleArn(asked) })
      assert.equal(answer.status, 403)
      assert.match(answer.text, /You may not have that role/)
      assert.equal((await look(browser, page)).sentTo, '/console?notice=choose')
      await written('AssumeRoleWithWebIdentity', { decision: 'denied', resource: service.roleArn(asked) })
    })
  }

  test('a form without a role enters nothing', async () => {
    assert.equal((await post(await signIn(), '/console/enter')).status, 400)
  })
})

describe('entering', () => {
  test('is written down as every session of the role is, and shown', async () => {
    const browser = await enter(operator)
    const row = lastRow('AssumeRoleWithWebIdentity')
    assert.deepEqual([row?.decision, row?.subject, row?.resource], ['allowed', 'ada', operator])
    assert.match(String(row?.access_key_id), /^ASIA/)
    const entered = lastRow('EnterConsole')
    assert.deepEqual(
      [entered?.decision, entered?.subject, entered?.resource, entered?.caller_access_key_id],
      ['allowed', 'ada', operator, row?.access_key_id],
    )
    const { text } = await look(browser, '/console')
    assert.match(text, /You work as <strong>operator<\/strong>/)
    assert.ok(text.includes(`arn:aws:sts::${accountId}:assumed-role/operator/`))
  })

  test('gives the session another id, so that one known before is nobody’s', async () => {
    const browser = await signIn()
    const before = cookieOf(browser)
    await post(browser, '/console/enter', { role: operator })
    assert.notEqual(cookieOf(browser), before)
    assert.equal((await look(withCookie(before), page)).sentTo, atStart)
    assert.equal((await look(browser, page)).status, 200)
  })

  test('leaves nothing in the session that signs anything', async () => {
    await enter(operator, 'sealed')
    const [kept] = await webSessions.listOf(JSON.stringify([corp.url, 'sealed']), Date.now())
    const { session, ...more } = JSON.parse(kept?.data ?? '{}').console
    assert.deepEqual(Object.keys(more), ['roleArn'])
    const facts = 'accessKeyId ancestors demo expiresAtSeconds issuedAtSeconds kind name person policyArns'
    assert.deepEqual(
      Object.keys(session).sort(),
      `${facts} principalId proof tags transitiveTagKeys`.split(' '),
    )
  })

  test('does not lengthen the browser’s session, nor does leaving', async () => {
    const browser = await signIn('late')
    const person = JSON.stringify([corp.url, 'late'])
    const kept = async () => {
      const [{ idHash = '', data = '{}' } = {}] = await webSessions.listOf(person, Date.now())
      return { idHash, ...JSON.parse(data) }
    }
    // Most of its hour is over.
    const { idHash, ...data } = await kept()
    const expiresAtMs = Date.now() + 600_000
    await webSessions.put(idHash, JSON.stringify({ ...data, expiresAtMs }), expiresAtMs, person)
    await enter(operator, browser)
    assert.equal((await look(browser, page)).status, 200)
    const inside = await kept()
    assert.notEqual(inside.idHash, idHash)
    assert.equal(inside.expiresAtMs, expiresAtMs)
    assert.equal(inside.signedInAtMs, data.signedInAtMs)
    assert.equal(await webSessions.find(inside.idHash, expiresAtMs), undefined)
    await post(browser, '/console/leave')
    const outside = await kept()
    assert.equal(outside.expiresAtMs, expiresAtMs)
    assert.equal(await webSessions.find(outside.idHash, expiresAtMs), undefined)
  })
})

describe('what ends it', () => {
  for (const [story, end, notice, says] of [
    [
      'its session is revoked by its access key id',
      () => revoke({ AccessKeyId: String(lastRow('AssumeRoleWithWebIdentity')?.access_key_id) }),
      'ended',
      /session as that role was ended/,
    ],
    [
      'all sessions of the role are revoked',
      (name: string) => revoke({ RoleName: name }),
      'ended',
      /was ended/,
    ],
    [
      'the role is deleted',
      async (name: string) => {
        await root.send(new iam.DeleteRolePolicyCommand({ RoleName: name, PolicyName: 'work' }))
        await root.send(new iam.DeleteRoleCommand({ RoleName: name }))
      },
      'ended',
      /was ended/,
    ],
    [
      'the role is deleted and made anew under its name',
      async (name: string) => {
        await root.send(new iam.DeleteRolePolicyCommand({ RoleName: name, PolicyName: 'work' }))
        await root.send(new iam.DeleteRoleCommand({ RoleName: name }))
        await role(name, allow('*'))
      },
      'ended',
      /was ended/,
    ],
    [
      'the role’s trust policy admits them no more',
      (name: string) => setTrust(name, nobody),
      'withdrawn',
      /does not admit you any more/,
    ],
  ] as const) {
    test(`${story}: the next request leads out, in words, and is written down`, async () => {
      const name = `ends-${story.replace(/\W+/g, '-')}`.slice(0, 60)
      const browser = await enter(await role(name, allow('*')))
      assert.equal((await look(browser, page)).status, 200)
      await end(name)
      const tried = await post(browser, `${page}/try`, { provider, claims: '{}' })
      assert.deepEqual([tried.status, tried.sentTo], [303, `/console?notice=${notice}`])
      assert.ok(!tried.text.includes('others.example'))
      assert.match((await look(browser, tried.sentTo ?? '')).text, says)
      assert.equal((await look(browser, page)).sentTo, '/console?notice=choose')
      await written('Console', { decision: 'denied', subject: 'ada', resource: service.roleArn(name) })
    })
  }

  test('an end in the middle of a page leads out just so, and the page shows nothing', async () => {
    const browser = await enter(operator)
    const { roles } = service.rolecall.store
    const { findById } = roles
    let asked = 0
    roles.findById = async id => (asked++ === 0 ? findById(id) : undefined)
    const { sentTo, text } = await look(browser, page)
    roles.findById = findById
    assert.ok(asked > 1)
    assert.equal(sentTo, '/console?notice=ended')
    assert.ok(!text.includes('others.example'))
    assert.equal((await look(browser, page)).sentTo, '/console?notice=choose')
  })

  test('a role mapping that gives the role no more ends it as well', async () => {
    const browser = await enter(operator, 'mapped')
    await roleMappings.put({ provider, mapping: { type: 'Token', ambiguous: 'Deny' } })
    const { sentTo } = await look(browser, page)
    await roleMappings.delete(provider)
    assert.equal(sentTo, '/console?notice=withdrawn')
    assert.equal(
      (await look(browser, page)).sentTo,
      '/console?notice=choose',
      'nor does it come back by itself',
    )
  })

  test('its time, which is kept beside it', async () => {
    const browser = await enter(operator, 'short')
    const person = JSON.stringify([corp.url, 'short'])
    const [kept] = await webSessions.listOf(person, Date.now())
    const data = JSON.parse(kept?.data ?? '{}')
    data.console.session.expiresAtSeconds = Math.floor(Date.now() / 1000)
    await webSessions.put(kept?.idHash ?? '', JSON.stringify(data), data.expiresAtMs, person)
    const { sentTo } = await look(browser, page)
    assert.equal(sentTo, '/console?notice=over')
    assert.match((await look(browser, sentTo ?? '')).text, /Your time as that role is over/)
  })

  test('the end of all the person’s sessions, which signs them out', async () => {
    const browser = await enter(operator, 'gone')
    await revoke({ Issuer: corp.url, Subject: 'gone' })
    assert.equal((await look(browser, page)).sentTo, atStart)
  })

  test('leaving, after which neither the new cookie nor the one before gets in', async () => {
    const browser = await enter(operator)
    const before = cookieOf(browser)
    const { sentTo } = await post(browser, '/console/leave')
    assert.match((await look(browser, sentTo ?? '')).text, /You have left the console/)
    assert.equal((await look(browser, page)).sentTo, '/console?notice=choose')
    assert.equal((await look(withCookie(before), page)).sentTo, atStart)
  })

  test('signing out', async () => {
    const browser = await enter(operator)
    const before = cookieOf(browser)
    await post(browser, '/sign-out')
    assert.equal((await look(withCookie(before), page)).sentTo, atStart)
  })
})

describe('signing out while a request is on its way', () => {
  for (const [story, path, form] of [
    ['enters', '/console/enter', { role: operator }],
    ['finds out that the role is not theirs any more', `${page}/try`, { provider, claims: '{}' }],
  ] as const) {
    test(`leaves nobody signed in by one that ${story}`, async () => {
      const browser = path === '/console/enter' ? await signIn() : await enter(operator)
      const cookie = cookieOf(browser)
      const find = roleMappings.find
      let arrived = () => {}
      let goOn = () => {}
      const isThere = new Promise<void>(resolve => {
        arrived = resolve
      })
      const mayGoOn = new Promise<void>(resolve => {
        goOn = resolve
      })
      roleMappings.find = async name => {
        arrived()
        await mayGoOn
        return path === '/console/enter'
          ? find(name)
          : { provider: name, mapping: { type: 'Token', ambiguous: 'Deny' } }
      }
      const answering = post(browser, path, form)
      await isThere
      await post(withCookie(cookie), '/sign-out')
      roleMappings.find = find
      goOn()
      assert.equal((await answering).status, 401)
      for (const one of [browser, withCookie(cookie)])
        assert.equal((await look(one, '/roles')).sentTo, atStart)
    })
  }
})

describe('a form of another site', () => {
  for (const [path, form] of [
    ['/console/enter', { role: operator }],
    ['/console/leave', {}],
    [`${page}/try`, { provider, claims: '{}' }],
  ] as const) {
    test(`is refused at ${path}, and changes nothing`, async () => {
      const browser = path === '/console/enter' ? await signIn() : await enter(operator)
      for (const headers of [{ origin: 'https://evil.example' }, { origin: '' }] as Record<
        string,
        string
      >[]) {
        assert.equal((await browser.post(`${url}${path}`, form, headers)).status, 403)
      }
      const { sentTo } = await look(browser, page)
      assert.equal(sentTo, path === '/console/enter' ? '/console?notice=choose' : undefined)
    })
  }
})

describe('no page does what the role may not do over the wire', async () => {
  const browser = await signIn()
  const list = 'iam:ListProviderRoleMappings'
  const on = (Condition: object) => ({ ...allow(list), Condition })
  const mfa = (value: string) => on({ Bool: { 'aws:MultiFactorAuthPresent': value } })
  let count = 0

  /** The credentials that the page of roles gives of the same role. */
  async function keysOf(arn: string): Promise<Keys> {
    const answer = await post(browser, '/credentials', { role: arn, duration: '900' })
    const [, json = ''] = /<pre[^>]*id="json"[^>]*>([\s\S]*?)<\/pre>/.exec(answer.text) ?? []
    const found = JSON.parse(json.replaceAll('&#34;', '"'))
    return {
      accessKeyId: found.AccessKeyId,
      secretAccessKey: found.SecretAccessKey,
      sessionToken: found.SessionToken,
    }
  }

  for (const [story, statements, mayIt] of [
    ['it is allowed', [allow(list)], true],
    ['nothing is', [], false],
    ['everything else is', [{ Effect: 'Allow', NotAction: list, Resource: '*' }], false],
    ['it is denied beside an allow', [allow('*'), { Effect: 'Deny', Action: list, Resource: '*' }], false],
    ['it is allowed from here', [on({ IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } })], true],
    ['it is allowed from elsewhere', [on({ IpAddress: { 'aws:SourceIp': '192.0.2.0/24' } })], false],
    ['it takes a second factor', [mfa('true')], false],
    ['it takes none', [mfa('false')], true],
    ['it takes TLS', [on({ Bool: { 'aws:SecureTransport': 'true' } })], false],
    ['it is for another provider’s people', [on({ StringEquals: { 'aws:FederatedProvider': 'x' } })], false],
    ['it is for this provider’s people', [on({ StringEquals: { 'aws:FederatedProvider': provider } })], true],
    ['it is for who has this role', [on({ StringLike: { 'aws:PrincipalArn': '*role/elevation-*' } })], true],
    ['its time is over', [on({ DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } })], false],
  ] as const) {
    test(`where ${story}`, async () => {
      const arn = await role(`elevation-${count++}`, ...statements)
      const seen = await look(await enter(arn, browser), page)
      const wire = await postSigned(
        service,
        'iam',
        { Action: 'ListProviderRoleMappings', Version: '2010-05-08' },
        await keysOf(arn),
      )
      assert.equal(wire.status, mayIt ? 200 : 403)
      assert.equal(seen.text.includes('others.example'), mayIt)
      if (mayIt) return
      const [said = ''] = faultIn(wire).message.split('. Encoded')
      const [, why = ''] = said.split(' on resource: * ')
      const words = `may not do ${list} on *, ${why}.`
      assert.ok(why !== '' && seen.text.replaceAll('&#39;', "'").includes(words), words)
    })
  }

  test('where it takes a second factor, and they showed one at their sign-in', async () => {
    const arn = await role('elevation-factor', mfa('true'))
    const shown = await signIn('with-factor')
    const person = JSON.stringify([corp.url, 'with-factor'])
    const [kept] = await webSessions.listOf(person, Date.now())
    const data = JSON.parse(kept?.data ?? '{}')
    data.identity.mfaAtSeconds = Math.floor(Date.now() / 1000)
    await webSessions.put(kept?.idHash ?? '', JSON.stringify(data), data.expiresAtMs, person)
    assert.match((await look(await enter(arn, shown), page)).text, /others\.example/)
  })

  test('where its boundary does not allow it', async () => {
    const arn = await role('elevation-bounded', allow('*'))
    const { Policy } = await root.send(
      new iam.CreatePolicyCommand({ PolicyName: 'bound', PolicyDocument: policyOf(allow('iam:GetRole')) }),
    )
    await enter(arn, browser)
    assert.match((await look(browser, page)).text, /others\.example/)
    const bound = { RoleName: 'elevation-bounded', PermissionsBoundary: Policy?.Arn }
    await root.send(new iam.PutRolePermissionsBoundaryCommand(bound))
    const { text, status } = await look(browser, page)
    assert.equal(status, 403)
    assert.match(text, /no permissions boundary allows/)
    assert.ok(!text.includes('others.example'))
  })

  test('and a policy that is taken away is gone at the next request, with a row in the audit log', async () => {
    const arn = await role('elevation-lost', allow('*'))
    await enter(arn, browser)
    const { access_key_id: accessKeyId } = lastRow('AssumeRoleWithWebIdentity') ?? {}
    assert.match((await look(browser, page)).text, /others\.example/)
    await root.send(new iam.DeleteRolePolicyCommand({ RoleName: 'elevation-lost', PolicyName: 'work' }))
    assert.ok(!(await look(browser, page)).text.includes('others.example'))
    await written('ListProviderRoleMappings', {
      decision: 'denied',
      reason: 'access.denied',
      caller_access_key_id: accessKeyId,
      caller_arn: `arn:aws:sts::${accountId}:assumed-role/elevation-lost/Name-of-ada`,
    })
  })
})
