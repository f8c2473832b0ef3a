/** Runs what docs/guides/login-with-amazon.md tells people to write. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseEnv } from 'node:util'
import { readConfig } from '../server/config.ts'
import { lint } from '../server/policy/lint/lint.ts'
import { startAmazon } from './support/amazon.ts'
import { assumeRole, faultOf } from './support/aws-calls.ts'
import { startRolecall } from './support/rolecall.ts'
import { readGuide } from './support/run-guide.ts'

const { blocks, text } = readGuide('login-with-amazon.md')
const [settings = '', ...moreSettings] = blocks('sh')
const [policy = '', ...morePolicies] = blocks('json')
const production = {
  NODE_ENV: 'production',
  ROLECALL_PUBLIC_URL: 'https://login.example.com',
  ROLECALL_TRUSTED_PROXIES: '10.0.0.7',
}

test('the guide has one block of settings and one policy, and no block that is not run', () => {
  assert.deepEqual([...moreSettings, ...morePolicies], [])
  assert.equal(text.split('```').length, 5)
})

test('its settings are taken in production, and name Amazon itself', () => {
  const { amazon } = readConfig({ ...production, ...parseEnv(settings) })
  assert.equal(amazon?.authorizationUrl, 'https://www.amazon.com/ap/oa')
  assert.equal(amazon?.apiUrl, 'https://api.amazon.com')
  assert.match(amazon?.clientId ?? '', /^amzn1\.application-oa2-client\./)
})

test('the linter has nothing to say of its trust policy, and much of one that names the client for the app', () => {
  const found = (document: string) => lint(document, 'trust', { nowMs: Date.now() }).map(({ code }) => code)
  assert.deepEqual(found(policy), [])
  const confused = policy.replace('amzn1.application.', 'amzn1.application-oa2-client.')
  assert.deepEqual(found(confused), ['value-never-occurs'])
})

test('its trust policy lets in the person that it names by the app that it names, and nobody else', async () => {
  const amazon = await startAmazon()
  const rolecall = await startRolecall(amazon.env)
  const role = await rolecall.createRole('shopper', JSON.parse(policy))
  const [, app_id = ''] = /"www\.amazon\.com:app_id": "(.+)"/.exec(policy) ?? []
  const [, user_id = ''] = /"www\.amazon\.com:user_id": "(.+)"/.exec(policy) ?? []
  const assume = (person: string, app: string) =>
    assumeRole(rolecall, role, amazon.tokenOf({ user_id: person }, { app_id: app }), {
      ProviderId: 'www.amazon.com',
    })
  await assume(user_id, app_id)
  for (const [person, app] of [
    [`${user_id}X`, app_id],
    [user_id, `${app_id}0`],
  ] as const) {
    assert.equal((await faultOf(assume(person, app))).code, 'AccessDenied')
  }
})
