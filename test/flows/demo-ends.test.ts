import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { walkToCallback } from '../support/demo-rolecall.ts'
import { createHttpBrowser } from '../support/http-browser.ts'
import { startIssuer } from '../support/issuer.ts'
import { trusting } from '../support/rolecall.ts'
import {
  assumeForm,
  keysIn,
  type RolecallProcess,
  startRolecallProcess,
} from '../support/rolecall-process.ts'
import { startProcess } from '../support/start-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const folder = temporaryFolder()

describe('the demo’s code is loaded only where the demo runs', { concurrency: 2 }, () => {
  const google = { GOOGLE_CLIENT_ID: 'client', GOOGLE_CLIENT_SECRET: 'secret' }
  const facebook = { FACEBOOK_APP_ID: 'app', FACEBOOK_APP_SECRET: 'secret' }
  const production = {
    NODE_ENV: 'production',
    ROLECALL_PUBLIC_URL: 'https://login.example.com',
    ROLECALL_TRUSTED_PROXIES: '10.0.0.7',
  }
  for (const [name, story, env, loaded] of [
    ['nothing', 'nothing configured', {}, true],
    ['asked', 'the demo asked for beside a provider', { ...google, ROLECALL_DEMO: 'on' }, true],
    ['off', 'ROLECALL_DEMO=off', { ROLECALL_DEMO: 'off' }, false],
    ['google', 'Google configured', google, false],
    ['facebook', 'Facebook configured', facebook, false],
    ['beyond', 'a HOST beyond loopback', { HOST: '0.0.0.0' }, false],
    ['production', 'production', production, false],
  ] as const) {
    test(`with ${story} ${loaded ? 'it is' : 'none of it is'}`, async () => {
      const file = join(folder, `loads-${name}`)
      const rolecall = await startProcess('server/main.ts', {
        env: {
          PORT: '0',
          ROLECALL_DATA_DIR: join(folder, name),
          NODE_OPTIONS: '--import=./test/support/record-loads.ts',
          LOADS_FILE: file,
          ...env,
        },
        ready: /^Rolecall is ready/,
      })
      after(() => rolecall.stop('SIGKILL'))
      assert.equal(await rolecall.stop(), 0)
      const loads = readFileSync(file, 'utf8').split('\n')
      assert.ok(
        loads.some(url => url.endsWith('/server/app.ts')),
        'loads were written down',
      )
      assert.ok(
        loads.some(url => url.endsWith('/server/audit/audit-worker.ts')),
        'those of threads as well',
      )
      const ofDemo = loads.filter(url => /\/server\/demo\/|\/oidc-provider\//.test(url))
      assert.equal(ofDemo.length > 0, loaded, ofDemo.join())
    })
  }
})

describe('a demo that is ended', async () => {
  const dataDir = join(folder, 'ended')
  const issuer = await startIssuer()
  after(() => issuer.close())
  const post = async ({ url }: RolecallProcess, form: string) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await fetch(url, { method: 'POST', body: form, headers })
    return { status: answer.status, text: await answer.text() }
  }

  // What a first try leaves behind: a session, a token, credentials, and the example role, opened by its operator
  // to an issuer that is no stand-in.
  const demo = await startRolecallProcess(dataDir)
  const browser = createHttpBrowser()
  const back = await walkToCallback(browser, `http://localhost:${demo.port}/sign-in/google`, 'ada')
  const exampleRole = `arn:aws:iam::${demo.accountId}:role/rolecall-demo`
  const standIn = /in Google's part +(\S+)/.exec(demo.output())?.[1] ?? ''
  const demoToken = (await (await fetch(`${standIn}/sample-id-token/ada`)).text()).trim()
  const demoKeys = keysIn((await post(demo, assumeForm(exampleRole, demoToken))).text)
  const ownRole = await demo.trust(issuer, 'own')
  const bothIssuers = [{ url: standIn }, issuer].flatMap(
    one => (trusting(demo.accountId, one) as { Statement: object[] }).Statement,
  )
  await demo.iam().send(
    new UpdateAssumeRolePolicyCommand({
      RoleName: 'rolecall-demo',
      PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: bothIssuers }),
    }),
  )
  const roles = async (rolecall: RolecallProcess) => browser.get(`http://localhost:${rolecall.port}/roles`)
  const port = { PORT: String(demo.port) }

  test('worked while it lasted', async () => {
    const page = await browser.follow(await browser.get(back.href))
    assert.match(await page.text(), /Ada Lindqvist/)
    assert.equal((await roles(demo)).status, 200)
    assert.ok(demoKeys)
    assert.match((await demo.whoAmI(demoKeys)) ?? '', /assumed-role\/rolecall-demo/)
    for (const token of [demoToken, issuer.sign()]) {
      assert.equal((await post(demo, assumeForm(exampleRole, token))).status, 200)
    }
    assert.equal(await demo.stop(), 0)
  })

  test('is worth nothing on the same data folder, and what is not of the demo goes on', async () => {
    const rolecall = await startRolecallProcess(dataDir, { ROLECALL_DEMO: 'off', ...port })
    const page = await roles(rolecall)
    assert.deepEqual([page.status, page.headers.get('location')], [303, '/?notice=required'])

    const byStandIn = await post(rolecall, assumeForm(ownRole, demoToken))
    assert.match(byStandIn.text, /<Code>InvalidIdentityToken<.*No OpenIDConnect provider found/s)
    const exampleAssumed = await post(rolecall, assumeForm(exampleRole, issuer.sign()))
    assert.equal(exampleAssumed.status, 403)
    assert.match(exampleAssumed.text, /<Code>AccessDenied</)
    await assert.rejects(rolecall.whoAmI(demoKeys), { name: 'InvalidClientTokenId' })

    assert.equal((await post(rolecall, assumeForm(ownRole, issuer.sign()))).status, 200)
    assert.equal(await rolecall.stop(), 0)
  })

  test('comes back on the same ports, so that its issuer is the same', async () => {
    const rolecall = await startRolecallProcess(dataDir, port)
    assert.equal(/in Google's part +(\S+)/.exec(rolecall.output())?.[1], standIn)
    const facebookOf = (one: RolecallProcess) => /in Facebook's part +(\S+)/.exec(one.output())?.[1]
    assert.equal(facebookOf(rolecall), facebookOf(demo))
    const token = (await (await fetch(`${standIn}/sample-id-token/ada`)).text()).trim()
    assert.equal((await post(rolecall, assumeForm(exampleRole, token))).status, 200)
    assert.equal(await rolecall.stop(), 0)
  })
})
