import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from '../support/http-browser.ts'
import { postSigned } from '../support/signed-form.ts'

const demo = await startDemoRolecall()
const { url, port } = demo
const cookieOf = (browser: HttpBrowser) =>
  [...(browser.jars.get(url) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ')

/** A form of which all but the last byte is sent: the request is in the house, and waits. */
async function begin(browser: HttpBrowser, path: string, form: Record<string, string>) {
  const body = new URLSearchParams(form).toString()
  const socket = connect(port, '127.0.0.1')
  const head = [`POST ${path} HTTP/1.1`, `host: ${new URL(url).host}`, `origin: ${url}`, 'connection: close']
  const more = [`cookie: ${cookieOf(browser)}`, 'content-type: application/x-www-form-urlencoded']
  socket.write([...head, ...more, `content-length: ${body.length}`, '', body.slice(0, -1)].join('\r\n'))
  // Another request on the same event loop has been answered: this one's headers were read before.
  await browser.get(`${url}/roles`)
  await browser.get(`${url}/roles`)
  return {
    finish() {
      socket.write(body.slice(-1))
      return text(socket)
    },
  }
}

test('a request that was begun before somebody’s sessions were ended gets nothing that outlives them', async () => {
  const { browser } = await demo.signIn('google', 'ada')
  demo.advanceMs(2_000)
  const asked = await begin(browser, '/credentials', { role: demo.exampleRole, duration: '3600' })
  const Issuer = String(demo.providers.google?.issuer)
  const form = { Action: 'RevokeSessions', Version: '2010-05-08', Issuer, Subject: '100000000000000000011' }
  assert.equal((await postSigned(demo, 'iam', form)).status, 200)
  demo.advanceMs(5_000)
  const html = await asked.finish()
  const json = /<pre id="json"[^>]*>([^<]+)</.exec(html)?.[1]?.replaceAll('&#34;', '"')
  assert.ok(json, html)
  const {
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
  } = JSON.parse(json)
  const keys = { accessKeyId, secretAccessKey, sessionToken }
  await assert.rejects(demo.sts(keys).send(new GetCallerIdentityCommand({})), {
    Code: 'InvalidClientTokenId',
  })
})

test('a request that was begun before the sign-out does not revive the session', async () => {
  const { browser } = await demo.signIn('google', 'oksana')
  demo.advanceMs(6 * 60_000)
  const stolen = cookieOf(browser)
  const asked = await begin(browser, '/account/unlink', { issuer: 'https://x.example', subject: 'x' })
  await browser.post(`${url}/sign-out`, {})
  await asked.finish()
  const answer = await createHttpBrowser().get(`${url}/roles`, { cookie: stolen })
  assert.equal(locationOf(answer)?.searchParams.get('notice'), 'required')
})
