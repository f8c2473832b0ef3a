import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { CreateSAMLProviderCommand, GetUserCommand } from '@aws-sdk/client-iam'
import { AssumeRoleWithSAMLCommand, AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts'
import { openAuditLog } from '../../../server/audit/audit-log.ts'
import { refusedEvent } from '../../../server/audit/refused-event.ts'
import { createSqliteReader } from '../../../server/audit/sqlite-reader.ts'
import { openSqliteSink } from '../../../server/audit/sqlite-sink.ts'
import { newRequestId, requestTimeMs } from '../../../server/base/ids.ts'
import { Refusal } from '../../../server/base/refusal.ts'
import { readConfig } from '../../../server/config.ts'
import { describeEvent } from '../../../server/diagnostics/request/describe-event.ts'
import { findRequest } from '../../../server/diagnostics/request/find-request.ts'
import { openAuditReader } from '../../../server/installation.ts'
import { allow, assumeRole, keysOf, setPolicy } from '../../support/aws-calls.ts'
import { createHttpBrowser } from '../../support/http-browser.ts'
import { startRolecall, trusting } from '../../support/rolecall.ts'
import { awsAttributes, createSamlIdp, encode } from '../../support/saml-idp.ts'
import { serviceKinds } from '../../support/stores.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

for (const { kind, skip, settings } of serviceKinds) {
  describe(`a request that was refused, on ${kind}`, { skip }, async () => {
    if (skip === false) await isFound(await settings())
  })
}

async function isFound(settings: Record<string, string>): Promise<void> {
  const rolecall = await startRolecall(settings)
  const { url, accountId } = rolecall
  const issuer = await rolecall.registerIssuer()
  const key = `${issuer.url.replace('http://', '')}:sub`
  const onlyBen = trusting(accountId, issuer, { StringEquals: { [key]: 'ben' } })
  const forBen = await rolecall.createRole('for-ben', onlyBen)
  const open = await rolecall.createRole('open', trusting(accountId, issuer))
  await setPolicy(rolecall, 'open', allow('iam:ListUsers'))
  const config = readConfig({ ROLECALL_DATA_DIR: rolecall.dataDir, ...settings })
  const reader = openAuditReader(config)
  after(() => reader.close())

  /** Refusals are written in their own time. */
  async function look(requestId: string) {
    for (let tries = 0; ; tries++) {
      const found = await findRequest(reader, requestId)
      if (found.found !== 'nothing' || tries > 200) return found
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
  async function whyOf(requestId: string | null | undefined) {
    assert.ok(requestId, 'the answer has a request id')
    const found = await look(requestId)
    assert.equal(found.found, 'rows')
    const [row] = 'rows' in found ? found.rows : []
    assert.ok(row)
    const { facts, advice, headline } = describeEvent(row)
    const told: Partial<Record<'reason' | 'detail' | 'who' | 'why' | 'about' | 'given', string>> =
      Object.fromEntries(facts)
    return { ...told, headline, advice }
  }
  const idOf = (call: Promise<unknown>) =>
    call.then(
      () => assert.fail('it was not refused'),
      (error: { $metadata?: { requestId?: string } }) => error.$metadata?.requestId,
    )

  test('on the AWS wire, for a token: why, to the audience', async () => {
    const asked = { RoleArn: open, RoleSessionName: 'ada', WebIdentityToken: issuer.sign({ aud: 'other' }) }
    const why = await whyOf(await idOf(rolecall.sts().send(new AssumeRoleWithWebIdentityCommand(asked))))
    assert.equal(why.headline, 'AssumeRoleWithWebIdentity was refused.')
    assert.equal(why.reason, 'token.audienceWrong')
    assert.match(why.detail ?? '', /aud is other/)
    assert.equal(why.who, `person-1 of ${issuer.url}`)
    assert.ok(why.advice)
  })

  test('on the AWS wire, by a trust policy: which condition', async () => {
    const asked = { RoleArn: forBen, RoleSessionName: 'ada', WebIdentityToken: issuer.sign() }
    const why = await whyOf(await idOf(rolecall.sts().send(new AssumeRoleWithWebIdentityCommand(asked))))
    assert.equal(why.reason, 'trust.denied')
    assert.equal(why.about, forBen)
    assert.match(why.detail ?? '', /wanted "ben", was "person-1"/)
  })

  test('on the AWS wire, of a signed call: which kind of policy', async () => {
    const keys = keysOf(await assumeRole(rolecall, open, issuer.sign()))
    const why = await whyOf(await idOf(rolecall.iam(keys).send(new GetUserCommand({ UserName: 'ada' }))))
    assert.equal(why.reason, 'access.denied')
    assert.equal(
      why.why,
      'because no identity-based policy allows the iam:GetUser action',
      'and not half of the message that only the caller has whole',
    )
    assert.match(why.who ?? '', /assumed-role\/open\/.*access key ASIA/)
  })

  test('on the AWS wire, for a SAML response: what it was for', async () => {
    const idp = createSamlIdp()
    const arn = `arn:aws:iam::${accountId}:saml-provider/corp`
    await rolecall
      .iam()
      .send(new CreateSAMLProviderCommand({ Name: 'corp', SAMLMetadataDocument: idp.metadata() }))
    const attributes = awsAttributes([open], arn)
    const xml = await idp.respond({
      recipient: `${url}/saml/acs`,
      audience: 'https://other.example',
      attributes,
    })
    const asked = { RoleArn: open, PrincipalArn: arn, SAMLAssertion: encode(xml) }
    const why = await whyOf(await idOf(rolecall.sts().send(new AssumeRoleWithSAMLCommand(asked))))
    assert.equal(why.reason, 'token.audienceWrong')
    assert.match(why.detail ?? '', /Audience is https:\/\/other\.example/)
  })

  test('at the token endpoint', async () => {
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: issuer.sign({ iat: 1, exp: 2 }),
      resource: open,
    })
    const { headers } = await fetch(`${url}/token`, { method: 'POST', body })
    const why = await whyOf(headers.get('x-request-id'))
    assert.equal(why.reason, 'token.expired')
    assert.match(why.detail ?? '', /s ago by our clock/)
  })

  test('in the browser, by the id that the page shows', async () => {
    const browser = createHttpBrowser()
    await browser.get(url)
    const saml = { SAMLResponse: 'x', RelayState: 'unknown' }
    const page = await browser.follow(await browser.post(`${url}/saml/acs`, saml))
    const shown = /request id: <code>([0-9a-f-]{36})<\/code>/.exec(await page.text())?.[1]
    const why = await whyOf(shown)
    assert.deepEqual([why.headline, why.reason], ['SignIn was refused.', 'signIn.stateUnknown'])
    assert.match(why.detail ?? '', /this browser did not ask for/)
    const refused = await browser.post(`${url}/credentials`, { role: open, duration: '900' })
    const id = /request id: <code>([0-9a-f-]{36})<\/code>/.exec(await refused.text())?.[1]
    assert.equal((await whyOf(id)).reason, 'signIn.required')
  })

  test('and what was given is told as well', async () => {
    const asked = { RoleArn: open, RoleSessionName: 'ada', WebIdentityToken: issuer.sign() }
    const { $metadata, Credentials } = await rolecall.sts().send(new AssumeRoleWithWebIdentityCommand(asked))
    const why = await whyOf($metadata.requestId)
    assert.equal(why.headline, 'AssumeRoleWithWebIdentity was allowed.')
    assert.equal(why.given, Credentials?.AccessKeyId)
    assert.equal(why.advice, undefined)
  })

  test('an id of another time, or none, is told as such', async () => {
    assert.deepEqual(await findRequest(reader, 'not-an-id'), {
      found: 'nothing',
      atMs: undefined,
      isKept: true,
    })
    assert.deepEqual(await findRequest(reader, newRequestId(1_000)), {
      found: 'nothing',
      atMs: 1_000,
      isKept: false,
    })
    const later = Date.now() + 3_600_000
    assert.deepEqual(await findRequest(reader, newRequestId(later)), {
      found: 'nothing',
      atMs: later,
      isKept: true,
    })
  })
}

test('one that was only counted leads to what it was counted with', async () => {
  const file = join(temporaryFolder(), 'audit.db')
  const log = openAuditLog({
    sink: await openSqliteSink({ file }),
    clock: Date.now,
    onFailure: failure => assert.fail(failure),
  })
  const refusal = new Refusal('request.unknownAction')
  const ids = Array.from({ length: 60 }, (_, n) => newRequestId(Date.now() + n))
  for (const requestId of ids) {
    const facts = { requestId, sourceIp: '192.0.2.7', secure: true, atMs: requestTimeMs(requestId) ?? 0 }
    log.note(refusedEvent('TokenExchange', refusal, facts))
  }
  await log.close()
  const reader = createSqliteReader(file)
  after(() => reader.close())
  const found = await Promise.all(ids.map(id => findRequest(reader, id)))
  const counted = found.flatMap(one => (one.found === 'counted' ? [one] : []))
  assert.ok(counted.length >= 30, `${counted.length} were only counted`)
  assert.ok(found.every(({ found }) => found !== 'nothing'))
  for (const { rows } of counted) {
    const [first] = rows
    assert.ok(first)
    const { facts, advice } = describeEvent(first)
    const { reason, counted: how } = Object.fromEntries(facts)
    assert.equal(reason, 'request.unknownAction')
    assert.match(how ?? '', /^one of \d+ alike/)
    assert.ok(advice)
  }
})
