import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watch } from '../support/no-leak.ts'
import { type RawAnswer, sendRaw } from '../support/raw-http.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { assumeForm } from '../support/rolecall-process.ts'

const rolecall = await startRolecall()
const { port } = rolecall
const issuer = await rolecall.registerIssuer()
const form = assumeForm(
  await rolecall.createRole('reader', trusting(rolecall.accountId, issuer)),
  issuer.sign(),
)

function send(line: string, host: string | undefined, body = ''): Promise<RawAnswer> {
  const head = [
    `${line} HTTP/${host === undefined ? '1.0' : '1.1'}`,
    ...(host === undefined ? [] : [`Host: ${host}`]),
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  return sendRaw(port, [...head, '', body].join('\r\n'))
}

const doors: [line: string, body?: string][] = [
  ['POST /', form],
  [`GET /?${form}`],
  ['POST /token', 'grant_type=x'],
  ['GET /.well-known/jwks.json'],
  ['GET /'],
  ['GET /roles'],
  ['GET /sign-in/google'],
  ['GET /sign-in/google/callback?code=a&state=b'],
  ['POST /credentials', 'role=x&duration=900'],
  ['POST /sign-out'],
  ['GET /assets/rolecall.css'],
  ['GET /nothing'],
  ['OPTIONS /'],
  ['GET /healthz/../roles'],
]

// A stranger's page whose name was re-bound to our address would be same-origin with us (DNS rebinding).
for (const [line, body] of doors) {
  test(`${line.split('?')[0]} is not served under a stranger’s name`, async () => {
    const watched = watch(rolecall)
    const { statuses, text } = await send(line, `evil.example:${port}`, body)
    assert.deepEqual(statuses, [421])
    assert.doesNotMatch(text, /set-cookie|location|access-control/i)
    watched.requireNothingGiven(text)
  })
}

for (const host of [
  undefined,
  '',
  'evil.example',
  `localhost.evil.example:${port}`,
  `localhost:${port}.evil.example`,
  `localhost:${port}@evil.example`,
  `evil.example#localhost:${port}`,
  `localhost.:${port}`,
  `localhost:${port}, evil.example`,
  `127.0.0.1.nip.io:${port}`,
  `0.0.0.0:${port}`,
  `127.1:${port}`,
  `2130706433:${port}`,
  '[::ffff:127.0.0.1]',
  '169.254.169.254',
  'localhost:999999',
  'localhost:',
]) {
  test(`the name “${host ?? 'none at all'}” is not ours`, async () => {
    const watched = watch(rolecall)
    const { statuses, text } = await send(`GET /?${form}`, host)
    assert.deepEqual(statuses, [421])
    watched.requireNothingGiven(text)
  })
}

for (const host of [`localhost:${port}`, 'localhost', `LOCALHOST:${port}`, '127.0.0.1:9', '[::1]']) {
  test(`the name ${host} is this machine’s own, and nobody’s page can have it`, async () => {
    assert.deepEqual((await send('GET /.well-known/jwks.json', host)).statuses, [200])
  })
}

test('whether we are well may be asked under any name, and says nothing else', async () => {
  const { statuses, text } = await send('GET /healthz', '10.0.0.7')
  assert.deepEqual(statuses, [200])
  assert.equal(text.split('\r\n\r\n')[1], 'ok\n')
})
