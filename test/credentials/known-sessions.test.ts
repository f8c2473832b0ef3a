import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { createKnownSessions, type KnownSessions } from '../../server/credentials/known-sessions.ts'
import { mint } from '../../server/credentials/mint.ts'
import { createKeyring } from '../../server/keys/keyring.ts'

const keyring = createKeyring([randomBytes(32)])
const mintOne = () => {
  const { credentials } = mint(keyring, {
    kind: 'role',
    principalId: 'AROAEXAMPLE',
    name: 'ada',
    issuedAtSeconds: 1_000,
    expiresAtSeconds: 4_600,
    ancestors: [],
    tags: {},
    transitiveTagKeys: [],
    policyArns: [],
    demo: false,
  })
  return { id: credentials.accessKeyId, token: credentials.sessionToken }
}

/** As a request whose signature is right. */
function use(sessions: KnownSessions, { token, id }: ReturnType<typeof mintOne>) {
  const known = sessions.open(token, id)
  assert.ok(known)
  sessions.keep(known)
  return known
}

test('a session in use is opened once, and one whose holder never signed is not kept', () => {
  const sessions = createKnownSessions(keyring)
  const one = mintOne()
  assert.notEqual(sessions.open(one.token, one.id), sessions.open(one.token, one.id))
  assert.equal(use(sessions, one), sessions.open(one.token, one.id))
})

test('a token that leaked is worth nothing beside another key pair, also while it is known', () => {
  const sessions = createKnownSessions(keyring)
  const [victim, attacker] = [mintOne(), mintOne()]
  use(sessions, victim)
  use(sessions, attacker)
  assert.equal(sessions.open(victim.token, attacker.id), undefined)
  assert.equal(sessions.open(attacker.token, victim.id), undefined)
})

test('no other spelling of a known token opens', () => {
  const sessions = createKnownSessions(keyring)
  const one = mintOne()
  use(sessions, one)
  for (const spelled of [`${one.token}=`, ` ${one.token}`, `${one.token}\n`, one.token.slice(0, -1)])
    assert.equal(sessions.open(spelled, one.id), undefined)
})

test('what is kept is bounded: what nobody uses is forgotten, and what is in use stays', () => {
  const inUse = mintOne()
  const few = 4
  const sessions = createKnownSessions(keyring, few * inUse.token.length)
  const known = use(sessions, inUse)
  const others = Array.from({ length: 10 * few }, mintOne)
  const kept = others.map(other => {
    use(sessions, inUse)
    return use(sessions, other)
  })
  assert.equal(use(sessions, inUse), known)
  const still = others.filter((other, n) => sessions.open(other.token, other.id) === kept[n])
  assert.ok(still.length >= few - 1 && still.length <= 2 * few, `${still.length} are kept`)
})
