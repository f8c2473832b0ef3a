import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { listen, sendJson } from '../support/openid-provider.ts'
import { startRolecallProcess } from '../support/rolecall-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('a provider that is down stops neither the start nor anything else, and its library loads with the first sign-in', async () => {
  const folder = temporaryFolder()
  const loads = join(folder, 'loads')
  const provider = await listen()
  let asked = 0
  provider.answerWith((_request, response) => {
    asked++
    sendJson(response, {}, 503)
  })
  const rolecall = await startRolecallProcess(join(folder, 'data'), {
    OIDC_CORP_ISSUER: provider.url,
    OIDC_CORP_CLIENT_ID: 'rolecall',
    OIDC_CORP_CLIENT_SECRET: 'a-secret-that-is-nowhere-to-be-read',
    ROLECALL_LOG_LEVEL: 'trace',
    LOADS_FILE: loads,
    NODE_OPTIONS: '--import=./test/support/record-loads.ts',
  })
  const isLoaded = () => readFileSync(loads, 'utf8').includes('/openid-client/')
  assert.match(await (await fetch(`http://localhost:${rolecall.port}`)).text(), /href="\/sign-in\/corp"/)
  assert.equal(asked, 0)
  assert.ok(!isLoaded())

  for (let n = 0; n < 3; n++) {
    const answer = await fetch(`http://localhost:${rolecall.port}/sign-in/corp`, { redirect: 'manual' })
    assert.match(answer.headers.get('location') ?? '', /^\/\?notice=unreachable&request=/)
  }
  assert.equal(asked, 1, 'a failure is remembered')
  assert.ok(isLoaded())
  assert.equal((await fetch(`${rolecall.url}/readyz`)).status, 200)
  await rolecall.stop()
  assert.doesNotMatch(rolecall.output(), /a-secret-that/)
})
