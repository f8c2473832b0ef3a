import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FederatedIdentity } from '../../server/base/federated-identity.ts'
import { type Reason, Refusal } from '../../server/base/refusal.ts'
import { boundStrangers } from '../../server/identity/bound-strangers.ts'

const ada = { subject: 'ada' } as FederatedIdentity
const refusedWith = (reason: Reason) => (error: unknown) =>
  error instanceof Refusal && error.reason === reason

function start({ remembers = true } = {}) {
  let nowMs = 0
  const asked: string[] = []
  const ask = async (token: string) => {
    asked.push(token)
    if (token.startsWith('good')) return ada
    throw new Refusal(token === 'down' ? 'issuer.unreachable' : 'token.rejected')
  }
  const bound = boundStrangers(() => nowMs, { remembers })
  const verify = (token: string, sourceIp?: string) => bound(token, sourceIp, () => ask(token))
  return { verify, asked, advanceMs: (ms: number) => (nowMs += ms) }
}

test('a token that was refused is refused again for a minute without asking its provider', async () => {
  const { verify, asked, advanceMs } = start()
  for (let n = 0; n < 5; n++) await assert.rejects(verify('junk', '192.0.2.1'), refusedWith('token.rejected'))
  assert.deepEqual(asked, ['junk'])
  advanceMs(60_001)
  await assert.rejects(verify('junk', '192.0.2.1'), refusedWith('token.rejected'))
  assert.equal(asked.length, 2)
})

test('where refusals are not remembered, a proof is looked at each time: what it lacked may be there by now', async () => {
  const { verify, asked } = start({ remembers: false })
  for (let n = 0; n < 3; n++) await assert.rejects(verify('junk', '192.0.2.1'), refusedWith('token.rejected'))
  assert.equal(asked.length, 3)
})

test('a provider that is down is no verdict on the token', async () => {
  const { verify, asked } = start()
  for (let n = 0; n < 3; n++)
    await assert.rejects(verify('down', '192.0.2.1'), refusedWith('issuer.unreachable'))
  assert.equal(asked.length, 3)
})

test('a network that fails too often waits, and nobody else does', async () => {
  const { verify, asked, advanceMs } = start()
  for (let n = 0; n < 20; n++) await assert.rejects(verify(`junk-${n}`, `2001:db8::${n}`))
  await assert.rejects(verify('junk-20', '2001:db8::ffff'), refusedWith('request.throttled'))
  await assert.rejects(verify('good', '2001:db8::1'), refusedWith('request.throttled'))
  assert.equal(asked.length, 20)
  assert.equal(await verify('good', '192.0.2.1'), ada)
  advanceMs(2_000)
  assert.equal(await verify('good', '2001:db8::1'), ada)
})

test('good tokens use nothing up, and one that came from the provider itself is never held up', async () => {
  const { verify } = start()
  for (let n = 0; n < 200; n++) assert.equal(await verify(`good-${n}`, '192.0.2.1'), ada)
  for (let n = 0; n < 20; n++) await assert.rejects(verify(`junk-${n}`, '192.0.2.1'))
  assert.equal(await verify('good'), ada)
})

test('only so many tokens are asked about at once, however many come', async () => {
  const waiting: (() => void)[] = []
  const bound = boundStrangers(() => 0, { remembers: true })
  const verify = (token: string, sourceIp: string) =>
    bound(token, sourceIp, () => new Promise(resolve => waiting.push(() => resolve(ada))))
  const answers = Array.from({ length: 1_000 }, (_, n) => verify(`t${n}`, `198.51.100.${n % 250}`))
  const settled = Promise.allSettled(answers)
  assert.equal(waiting.length, 64)
  for (const answer of waiting) answer()
  assert.equal((await settled).filter(({ status }) => status === 'fulfilled').length, 64)
  assert.equal(typeof verify('later', '192.0.2.9'), 'object')
  assert.equal(waiting.length, 65)
})
