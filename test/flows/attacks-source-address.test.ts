import assert from 'node:assert/strict'
import { test } from 'node:test'
import { watch } from '../support/no-leak.ts'
import { faultIn, sendRaw } from '../support/raw-http.ts'
import { startRolecall, type TestRolecall, trusting } from '../support/rolecall.ts'
import { assumeForm, auditRowsIn, keysIn } from '../support/rolecall-process.ts'

/** Whoever asks for the role `office` must come from there; for `proxy`, from the proxy's own network. */
const networks = { office: '203.0.113.0/24', proxy: '127.0.0.0/8' }
const [office, elsewhere] = ['203.0.113.9', '198.51.100.1']

async function startWith(env: Record<string, string>) {
  const rolecall = await startRolecall(env)
  const issuer = await rolecall.registerIssuer()
  for (const [name, network] of Object.entries(networks)) {
    const condition = { IpAddress: { 'aws:SourceIp': network } }
    await rolecall.createRole(name, trusting(rolecall.accountId, issuer, condition))
  }
  return { rolecall, issuer }
}

const open = await startWith({})
const behindProxy = await startWith({ ROLECALL_TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' })

function ask({ rolecall, issuer }: typeof open, role: keyof typeof networks, headers: readonly string[]) {
  const form = assumeForm(rolecall.roleArn(role), issuer.sign())
  const head = [
    'POST / HTTP/1.1',
    `Host: localhost:${rolecall.port}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${form.length}`,
    'Connection: close',
    ...headers,
  ]
  return sendRaw(rolecall.port, [...head, '', form].join('\r\n'))
}

/** Where the audit log says that these credentials went. */
function auditedAddress({ dataDir }: TestRolecall, answer: string): unknown {
  const keys = keysIn(answer)
  assert.ok(keys, answer)
  return auditRowsIn(dataDir).find(row => row.access_key_id === keys.accessKeyId)?.source_ip
}

for (const header of [
  `X-Forwarded-For: ${office}`,
  `X-Forwarded-For: ${office}, 127.0.0.1`,
  `Forwarded: for=${office}`,
  `X-Real-IP: ${office}`,
  `True-Client-IP: ${office}`,
  `CF-Connecting-IP: ${office}`,
  `X-Client-IP: ${office}`,
  `X-Cluster-Client-IP: ${office}`,
  `Client-IP: ${office}`,
]) {
  test(`a stranger’s own “${header}” moves them nowhere`, async () => {
    const watched = watch(open.rolecall)
    const answer = await ask(open, 'office', [header])
    assert.deepEqual(faultIn(answer), ['AccessDenied', 403], answer.text)
    watched.requireNothingGiven(answer.text)
  })
}

test('a stranger’s header does not stand in the audit log as their address', async () => {
  const answer = await ask(open, 'proxy', [`X-Forwarded-For: ${office}`])
  assert.equal(auditedAddress(open.rolecall, answer.text), '127.0.0.1')
})

for (const [story, headers] of [
  ['as the proxy saw them', [`X-Forwarded-For: ${office}`]],
  ['as the second of two proxies saw them', [`X-Forwarded-For: ${office}, 10.1.2.3`]],
  ['whatever they invented before', [`X-Forwarded-For: ${elsewhere}, ${office}`]],
  [
    'whatever they invented in a line of its own',
    [`X-Forwarded-For: ${elsewhere}`, `X-Forwarded-For: ${office}`],
  ],
] as const) {
  test(`behind a trusted proxy, somebody in the office is in the office ${story}`, async () => {
    const answer = await ask(behindProxy, 'office', headers)
    assert.equal(auditedAddress(behindProxy.rolecall, answer.text), office)
  })
}

for (const [story, headers] of [
  ['claims to be in the office', [`X-Forwarded-For: ${office}, ${elsewhere}`]],
  ['claims it in a line of their own', [`X-Forwarded-For: ${office}`, `X-Forwarded-For: ${elsewhere}`]],
  [
    'claims it in a header that the proxy passes on',
    [`X-Real-IP: ${office}`, `Forwarded: for=${office}`, `X-Forwarded-For: ${elsewhere}`],
  ],
  ['names one of our proxies as their own', [`X-Forwarded-For: ${office}, ${elsewhere}, 10.0.0.1`]],
  ['writes what is no address', [`X-Forwarded-For: ${office}, , ${elsewhere}`]],
] as const) {
  test(`behind a trusted proxy, a stranger who ${story} is where the proxy saw them`, async () => {
    const watched = watch(behindProxy.rolecall)
    const answer = await ask(behindProxy, 'office', headers)
    assert.deepEqual(faultIn(answer), ['AccessDenied', 403], answer.text)
    watched.requireNothingGiven(answer.text)
  })
}

// Whoever reads only the first so many headers would not see what the proxy wrote behind them.
for (const count of [900, 1000, 2000, 3000]) {
  test(`${count} headers don’t push the proxy’s own out of sight`, async () => {
    const watched = watch(behindProxy.rolecall)
    const flood = Array.from({ length: count }, () => 'a:')
    const answer = await ask(behindProxy, 'proxy', [...flood, `X-Forwarded-For: ${elsewhere}`])
    assert.ok([403, 431].includes(answer.statuses[0] ?? 0), answer.text)
    watched.requireNothingGiven(answer.text)
  })
}
