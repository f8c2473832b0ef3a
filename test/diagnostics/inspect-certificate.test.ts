import assert from 'node:assert/strict'
import { createServer as createTcpServer, type Server } from 'node:net'
import { after, test } from 'node:test'
import { createServer } from 'node:tls'
import { certificateStep } from '../../server/diagnostics/inspect-certificate.ts'
import { makeCertificate } from '../support/server-certificate.ts'
import { textOf } from './open-for-test.ts'

const day = 86_400_000

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return address.port
}

type Made = Parameters<typeof makeCertificate>[0]

async function inspect(made: Made, { trusted = true, host = 'localhost', afterMs = 0 } = {}) {
  const { key, cert } = makeCertificate(made)
  // After it was made, and not before: what is good for 100 days to the second has 99 whole ones left.
  const nowMs = Date.now() + 1 + afterMs
  const port = await listen(createServer({ key, cert }).on('tlsClientError', () => undefined))
  return certificateStep({ host, address: '127.0.0.1', port, ca: trusted ? cert : undefined }, nowMs)
}

test('a good certificate is told with how long it is good', async () => {
  const step = await inspect({ days: 100 })
  assert.equal(step.outcome, 'ok')
  assert.match(step.says, /^Good for 99 days, issued by localhost\.$/)
})

test('one for an address is good at that address', async () => {
  assert.equal((await inspect({ days: 100, names: [] }, { host: '127.0.0.1' })).outcome, 'ok')
})

for (const [story, made, how, outcome, says] of [
  ['expires soon', { days: 5 }, {}, 'warning', /expires in 4 days\. → Renew/],
  ['has expired', { days: 5 }, { afterMs: 8.5 * day }, 'problem', /expired 3 days ago\. → Renew/],
  [
    'is not valid yet',
    { days: 5 },
    { afterMs: -day },
    'problem',
    /valid only from .* → Set this machine's clock/,
  ],
  [
    'is for other names',
    { days: 100, names: ['other.example'] },
    {},
    'problem',
    /other names \(DNS:other\.example/,
  ],
  [
    'nobody vouches for',
    { days: 100 },
    { trusted: false },
    'problem',
    /SELF_SIGNED.* → .*NODE_EXTRA_CA_CERTS/,
  ],
] as const) {
  test(`a certificate that ${story} is a ${outcome}, with what to change`, async () => {
    const step = await inspect(made, how)
    assert.equal(step.outcome, outcome)
    assert.match(textOf(step), says)
  })
}

test('what speaks no TLS, hangs up or is not there is a problem in words', async () => {
  const plain = await listen(createTcpServer(socket => socket.end('220 hello\r\n')))
  const closing = await listen(createTcpServer(socket => socket.destroy()))
  const gone = await new Promise<number>(resolve => {
    const server = createTcpServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
  for (const port of [plain, closing, gone]) {
    const step = await certificateStep({ host: 'localhost', address: '127.0.0.1', port }, Date.now())
    assert.equal(step.outcome, 'problem')
    assert.match(textOf(step), /No TLS connection came about: .+ → See that localhost answers TLS/)
  }
})
