import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { ada, appId, startAmazon } from '../support/amazon.ts'
import { startRolecall } from '../support/rolecall.ts'
import { openForTest, textOf, walk } from './open-for-test.ts'

const amazon = await startAmazon()
const rolecall = await startRolecall(amazon.env)
const env = { ROLECALL_DATA_DIR: rolecall.dataDir, ROLECALL_PUBLIC_URL: rolecall.url, ...amazon.env }

beforeEach(() => amazon.recover())

test('Amazon that knows our client has no problem', async () => {
  const { wrong, step } = await walk('amazon', await openForTest(env), { serviceUrl: rolecall.url })
  assert.deepEqual(wrong, [])
  assert.match(step('Client secret').says, /takes our client id and secret/)
  assert.ok(step('Redirect URI').says.endsWith(` ${rolecall.url}/sign-in/amazon/callback`))
})

test('it goes by AWS’s name too', async () => {
  assert.deepEqual((await walk('www.amazon.com', await openForTest(env))).wrong, [])
})

test('a client secret that is wrong is a problem, and is not printed', async () => {
  const deps = await openForTest({ ...env, AMAZON_CLIENT_SECRET: 'wrong-client-secret' })
  const { wrong, steps, step } = await walk('amazon', deps)
  assert.deepEqual(wrong, ['problem: Client secret'])
  assert.match(textOf(step('Client secret')), /invalid_client.* → Compare AMAZON_CLIENT_SECRET/)
  assert.ok(!JSON.stringify(steps).includes('wrong-client-secret'))
})

test('a sample token is shown to Amazon', async () => {
  const deps = await openForTest(env)
  const good = (await walk('amazon', deps, { proof: amazon.tokenOf() })).step('Sample access token')
  assert.equal(textOf(good), `Good: subject ${ada.user_id} of www.amazon.com, made for ${appId}.`)
  const foreign = amazon.tokenOf(ada, { aud: 'evil' })
  const refused = (await walk('amazon', deps, { proof: foreign })).step('Sample access token')
  assert.match(textOf(refused), /Refused as token\.rejected.*made for another app/)
})
