import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { Refusal } from '../../server/base/refusal.ts'
import { createRequestGuard } from '../../server/http/request-guard.ts'

const facts = { requestId: 'r', sourceIp: '192.0.2.7', atMs: 0 }

/** The guard's answer: a reason, or `served`. Only the parts of a request that it looks at. */
function answerOf({
  hosts = ['login.example.com'],
  url = '/',
  secure = true,
  production = true,
  publicUrl = 'https://login.example.com',
}: {
  hosts?: string[]
  url?: string
  secure?: boolean
  production?: boolean
  publicUrl?: string
}): string {
  const guard = createRequestGuard({ publicUrl, production, factsOf: () => ({ ...facts, secure }) })
  try {
    guard({ url, headers: {}, headersDistinct: { host: hosts }, socket: {} } as unknown as IncomingMessage)
    return 'served'
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error))
    return error.reason
  }
}

const development = { production: false, publicUrl: 'http://localhost:3000', secure: false }

for (const [story, request, answer] of [
  ['the public name over https', {}, 'served'],
  ['the public name in capitals', { hosts: ['LOGIN.example.com'] }, 'served'],
  ['the public name over http', { secure: false }, 'request.insecure'],
  ['another name over http', { hosts: ['evil.example'], secure: false }, 'request.foreignHost'],
  ['the public name on another port', { hosts: ['login.example.com:444'] }, 'request.foreignHost'],
  ['a name below the public one', { hosts: ['evil.login.example.com'] }, 'request.foreignHost'],
  ['the public name with a dot', { hosts: ['login.example.com.'] }, 'request.foreignHost'],
  ['no name', { hosts: [] }, 'request.foreignHost'],
  ['two names', { hosts: ['login.example.com', 'login.example.com'] }, 'request.malformed'],
  ['a loopback name in production', { hosts: ['localhost'] }, 'request.foreignHost'],
  [
    'a public URL with a port',
    { publicUrl: 'https://login.example.com:8443', hosts: ['login.example.com:8443'] },
    'served',
  ],
  ['a loopback name in development', { ...development, hosts: ['127.0.0.1:5000'] }, 'served'],
  ['another name in development', { ...development, hosts: ['evil.example:3000'] }, 'request.foreignHost'],
  ['an absolute target', { url: 'https://login.example.com/' }, 'request.malformed'],
  ['an absolute target elsewhere', { url: 'http://evil.example/' }, 'request.malformed'],
  ['an asterisk', { url: '*' }, 'request.malformed'],
  ['an empty target', { url: '' }, 'request.malformed'],
  ['a path with a broken escape', { url: '/a%zz' }, 'request.malformed'],
  ['a path with an overlong escape', { url: '/%c0%ae' }, 'request.malformed'],
  ['a path with good escapes', { url: '/%C3%A9%2f' }, 'served'],
  ['a query with a broken escape, which is its door’s to judge', { url: '/?a=%zz' }, 'served'],
] as const) {
  test(`the guard on ${story}: ${answer}`, () => {
    assert.equal(
      answerOf({ ...request, hosts: [...('hosts' in request ? request.hosts : ['login.example.com'])] }),
      answer,
    )
  })
}

test('what an operator needs to mend a proxy is in the log: who connected, and what it said of TLS', () => {
  const factsOf = () => ({ ...facts, secure: false })
  const guard = createRequestGuard({ publicUrl: 'https://login.example.com', production: true, factsOf })
  const comesFrom = (remoteAddress: string, headers: Record<string, string>) => {
    const request = { url: '/', headersDistinct: { host: ['login.example.com'] } }
    return () => guard({ ...request, headers, socket: { remoteAddress } } as unknown as IncomingMessage)
  }
  assert.throws(comesFrom('10.0.0.3', {}), { detail: 'from 10.0.0.3, X-Forwarded-Proto: none' })
  assert.throws(comesFrom('10.0.0.3', { 'x-forwarded-proto': 'https' }), {
    detail: 'from 10.0.0.3, X-Forwarded-Proto: https',
  })
})
