import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { openForTest, textOf, walk } from './open-for-test.ts'

const demo = await startDemoRolecall()
const facebook = demo.providers.facebook ?? assert.fail('no stand-in')
const env = { ROLECALL_DATA_DIR: demo.dataDir, ROLECALL_PUBLIC_URL: demo.url }
const open = (more: object = {}) => openForTest(env, { facebook: { ...facebook, ...more } })

test('Facebook that knows our app has no problem', async () => {
  const { wrong, step } = await walk('facebook', await open())
  assert.deepEqual(wrong, [])
  assert.match(step('App').says, /takes our app id and secret/)
  assert.ok(step('Redirect URI').says.endsWith(` ${demo.url}/sign-in/facebook/callback`))
})

test('an app secret that is wrong is a problem, and is not printed', async () => {
  const { wrong, steps, step } = await walk('facebook', await open({ appSecret: 'wrong-app-secret' }))
  assert.deepEqual(wrong, ['problem: App'])
  assert.match(textOf(step('App')), /status 4\d\d, code \d+ .* → Compare FACEBOOK_APP_ID/)
  assert.ok(!JSON.stringify(steps).includes('wrong-app-secret'))
})

test('a sample token is shown to Facebook', async () => {
  const token = await (await fetch(`${facebook.graphUrl}/sample-access-token/ada`)).text()
  const deps = await open()
  assert.match(
    textOf((await walk('facebook', deps, { proof: token })).step('Sample access token')),
    /^Good: subject \d+/,
  )
  const refused = (await walk('facebook', deps, { proof: `${token}x` })).step('Sample access token')
  assert.match(textOf(refused), /Refused as token\.rejected.*it is not valid/)
})
