import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { createFactsReader } from '../../server/http/request-facts.ts'

/** Only the parts of a request that are read: the peer's address can't be chosen on a real socket. */
function request(peer: string, headers: Record<string, string> = {}): IncomingMessage {
  return { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage
}

const behindProxy = createFactsReader(['10.0.0.0/8', '2001:db8::1'], () => 0)

for (const [story, facts, expected] of [
  [
    "a stranger's X-Forwarded-For without any trusted proxy",
    createFactsReader([], () => 0)(request('192.0.2.7', { 'x-forwarded-for': '127.0.0.1' })),
    '192.0.2.7',
  ],
  [
    "a stranger's X-Forwarded-For beside a trusted proxy",
    behindProxy(request('192.0.2.7', { 'x-forwarded-for': '127.0.0.1' })),
    '192.0.2.7',
  ],
  [
    'what the trusted proxy saw',
    behindProxy(request('10.0.0.1', { 'x-forwarded-for': '192.0.2.9' })),
    '192.0.2.9',
  ],
  [
    'the last address that no proxy of ours wrote',
    behindProxy(request('10.0.0.1', { 'x-forwarded-for': '127.0.0.1, 192.0.2.9, 10.1.1.1' })),
    '192.0.2.9',
  ],
  ['an IPv6 proxy', behindProxy(request('2001:db8::1', { 'x-forwarded-for': '192.0.2.9' })), '192.0.2.9'],
  [
    'an IPv4 proxy on a dual-stack socket',
    behindProxy(request('::ffff:10.0.0.1', { 'x-forwarded-for': '192.0.2.9' })),
    '192.0.2.9',
  ],
  [
    'the proxy itself when the header is junk',
    behindProxy(request('10.0.0.1', { 'x-forwarded-for': 'unknown' })),
    '10.0.0.1',
  ],
  ['the proxy itself when there is no header', behindProxy(request('10.0.0.1')), '10.0.0.1'],
] as const) {
  test(`the source address: ${story}`, () => {
    assert.equal(facts.sourceIp, expected)
  })
}

test('X-Forwarded-Proto makes a request secure only behind a trusted proxy', () => {
  assert.equal(behindProxy(request('10.0.0.1', { 'x-forwarded-proto': 'https' })).secure, true)
  assert.equal(behindProxy(request('10.0.0.1', { 'x-forwarded-proto': 'HTTPS' })).secure, true)
  assert.equal(behindProxy(request('192.0.2.7', { 'x-forwarded-proto': 'https' })).secure, false)
  assert.equal(behindProxy(request('10.0.0.1', { 'x-forwarded-proto': 'https, http' })).secure, false)
})

test('one request has one id, whoever asks', () => {
  const one = request('192.0.2.7')
  assert.equal(behindProxy(one).requestId, behindProxy(one).requestId)
})

for (const [story, header, address] of [
  ['an IPv4 address with a port', '198.51.100.7:4431', '198.51.100.7'],
  ['an IPv6 address in brackets with a port', '[2001:db8::7]:4431', '2001:db8::7'],
  ['an IPv6 address in brackets', '[2001:db8::7]', '2001:db8::7'],
] as const) {
  test(`a trusted proxy may write ${story}`, () => {
    assert.equal(behindProxy(request('10.0.0.1', { 'x-forwarded-for': header })).sourceIp, address)
  })
}
