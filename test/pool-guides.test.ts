/** Runs what docs/guides/mobile-app.md and single-page-app.md tell people to write. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { parseEnv, promisify } from 'node:util'
import { GetIdCommand } from '@aws-sdk/client-cognito-identity'
import { readConfig } from '../server/config.ts'
import { lint } from '../server/policy/lint/lint.ts'
import { whyNoAwsCli } from './support/aws-cli.ts'
import { createHttpBrowser, locationOf } from './support/http-browser.ts'
import { keyOf, loginOf, roleOf } from './support/identity-pool.ts'
import { audience, startIssuer } from './support/issuer.ts'
import { password, startAccountsRolecall } from './support/own-accounts.ts'
import { startRolecall } from './support/rolecall.ts'
import { createCliRunner, createSdkRunner, readGuide } from './support/run-guide.ts'
import { temporaryFolder } from './support/temporary-folder.ts'

const run = promisify(execFile)
const mobile = readGuide('mobile-app.md')
const page = readGuide('single-page-app.md')
const isCommand = (line: string) => line.startsWith('aws ')
const [provider = '', pools = '', ...roles] = mobile
  .blocks('sh')
  .flatMap(block => block.split('\n').filter(isCommand))
const requests = mobile.blocks('sh').filter(block => block.startsWith('curl '))
const [settings = '', ownSettings = '', ownPool = ''] = page.blocks('sh')
const [code = '', logInCode = ''] = page.blocks('js')
const [link = ''] = page.blocks('html')
const production = {
  NODE_ENV: 'production',
  ROLECALL_PUBLIC_URL: 'https://login.example',
  ROLECALL_TRUSTED_PROXIES: '10.0.0.7',
}

test('the guides’ policies are flawless', () => {
  assert.deepEqual(
    mobile.files.map(([name]) => name),
    ['guest-trust.json', 'user-trust.json', 'user-policy.json'],
  )
  for (const [name, json] of mobile.files) {
    const findings = lint(json, name.includes('trust') ? 'trust' : 'identity')
    assert.deepEqual(findings, [], name)
  }
})

test('the guide’s settings are taken in production', () => {
  const mail = { SMTP_URL: 'smtps://mail.example', SMTP_FROM: 'rolecall@example.com' }
  const config = readConfig({ ...production, ...mail, ...parseEnv(settings), ...parseEnv(ownSettings) })
  const origins = ['https://app.example', 'http://localhost:5173']
  assert.deepEqual(config.corsOrigins, origins)
  assert.deepEqual(
    config.accounts?.returnUrls,
    origins.map(origin => `${origin}/`),
  )
})

test('every page that the guides lead to is there', () => {
  for (const { text } of [mobile, page]) {
    for (const [, link = ''] of text.matchAll(/\]\(([^)#]+)/g))
      assert.ok(existsSync(new URL(link, new URL('../docs/guides/', import.meta.url))), link)
  }
})

for (const { by, skip, createRunner } of [
  { by: 'the SDK', skip: false, createRunner: createSdkRunner },
  { by: 'the AWS CLI', skip: await whyNoAwsCli(), createRunner: createCliRunner },
]) {
  describe(`the guides, followed with ${by}`, { skip }, async () => {
    if (skip !== false) return
    const rolecall = await startRolecall()
    const folder = temporaryFolder()
    const issuer = await startIssuer()
    after(() => issuer.close())
    const runCommand = createRunner(rolecall, folder)
    let poolId = 'POOL'
    const here = (text: string) =>
      text
        .replaceAll('https://id.example', issuer.url)
        .replaceAll('id.example', keyOf(issuer))
        .replaceAll('https://login.example', rolecall.url)
        .replaceAll('ACCOUNT', rolecall.accountId)
        .replaceAll('POOL', poolId)
        .replaceAll('--client-id-list mobile-app', `--client-id-list ${audience}`)

    test('make a provider, a pool and roles', async () => {
      await runCommand(here(provider))
      poolId = String((await runCommand(here(pools))).IdentityPoolId)
      assert.match(poolId, /^us-east-1:[0-9a-f-]{36}$/)
      for (const [name, json] of mobile.files) writeFileSync(join(folder, name), here(json))
      for (const line of roles) await runCommand(here(line))
    })

    let identity = ''
    test('three requests make a guest who signs in and keeps the identity', async () => {
      const env = { PATH: process.env.PATH, ROLECALL: rolecall.url, POOL: poolId, PROVIDER: keyOf(issuer) }
      const ID_TOKEN = Object.values(loginOf(issuer, 'ada'))[0]
      const ask = async (request = '') => {
        const { stdout } = await run('sh', ['-c', request], { env: { ...env, IDENTITY: identity, ID_TOKEN } })
        return JSON.parse(stdout)
      }
      const keysIn = ({ Credentials }: Record<string, Record<string, string>>) => ({
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      })
      assert.equal(requests.length, 3)
      identity = (await ask(requests[0])).IdentityId
      const guest = await ask(requests[1])
      assert.equal(await roleOf(rolecall, keysIn(guest)), 'app-guest')
      const person = await ask(requests[2])
      assert.equal(person.IdentityId, identity)
      assert.equal(await roleOf(rolecall, keysIn(person)), 'app-user')
    })

    test('the code with AWS’s SDK does the same', async () => {
      const program = [
        `const getIdToken = async () => '${Object.values(loginOf(issuer, 'bo'))[0]}'`,
        // Before it is the person's: after that the guest's own is refused.
        here(code).replace('\n// The same identity', '\nconst given = await guest()$&'),
        'const { expiration: _, ...keys } = await person()',
        'console.log(JSON.stringify({ identityId, guest: { ...given, expiration: undefined }, keys }))',
      ]
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program.join('\n')], {
        cwd: join(import.meta.dirname, '..'),
        env: { PATH: process.env.PATH },
      })
      const { identityId, guest, keys } = JSON.parse(stdout)
      assert.notEqual(identityId, identity)
      assert.equal(await roleOf(rolecall, guest), 'app-guest')
      assert.equal(await roleOf(rolecall, keys), 'app-user')
    })
  })
}

describe('the guide to own accounts in a page', async () => {
  const rolecall = await startAccountsRolecall(parseEnv(ownSettings) as Record<string, string>)
  const { accountId, mail, url } = rolecall
  const folder = temporaryFolder()
  const runCommand = createSdkRunner(rolecall, folder)
  const here = (text: string, poolId = 'POOL') =>
    text
      .replaceAll('https://login.example', url)
      .replaceAll('login.example', new URL(url).host)
      .replaceAll('ACCOUNT', accountId)
      .replaceAll('POOL', poolId)
  const email = 'ada@example.com'

  test('its link leads to the page for registering, which leads back to the app', async () => {
    const [, href = ''] = /href="([^"]+)"/.exec(here(link)) ?? []
    const browser = createHttpBrowser()
    const form = await (await browser.get(href)).text()
    const [, back = ''] = /name="return_url" value="([^"]+)"/.exec(form) ?? []
    assert.equal(back, 'https://app.example/')
    const asked = { email, password, return_url: back }
    const begun = await browser.post(`${url}/sign-in/accounts/register`, asked)
    const id = locationOf(begun)?.searchParams.get('id') ?? ''
    const typed = { id, code: await mail.codeTo(email), return_url: back }
    const done = await browser.follow(await browser.post(`${url}/sign-in/accounts/confirm`, typed))
    assert.ok((await done.text()).includes(`href="${back}"`))
  })

  test('its command and its code make the guest a person who keeps the identity', async () => {
    const poolId = String((await runCommand(here(ownPool.trim()))).IdentityPoolId)
    for (const [name, json] of mobile.files) writeFileSync(join(folder, name), here(json, poolId))
    for (const line of roles) await runCommand(here(line, poolId))
    const program = [
      `const [username, password] = ${JSON.stringify([email, password])}`,
      here(logInCode),
      'if (error) throw new Error(error)',
      'const getIdToken = async () => Object.values(logins)[0]',
      // Before it is the person's: after that the guest's own is refused.
      here(code.replace('\n// The same identity', '\nawait guest()$&'), poolId).replace(
        "'id.example': getIdToken",
        '[Object.keys(logins)[0]]: getIdToken',
      ),
      'const { expiration: _, ...keys } = await person()',
      'console.log(JSON.stringify({ identityId, keys, logins }))',
    ]
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program.join('\n')], {
      cwd: join(import.meta.dirname, '..'),
      env: { PATH: process.env.PATH },
    })
    const { identityId, keys, logins } = JSON.parse(stdout)
    assert.equal(await roleOf(rolecall, keys), 'app-user')
    const asked = new GetIdCommand({ IdentityPoolId: poolId, Logins: logins })
    assert.equal((await rolecall.cognito().send(asked)).IdentityId, identityId)
  })
})
