import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import type { FederatedIdentity } from '../../server/base/federated-identity.ts'
import { type Reason, Refusal } from '../../server/base/refusal.ts'
import { secretOf } from '../../server/credentials/mint.ts'
import { openSession } from '../../server/credentials/session-token.ts'
import { createGate } from '../../server/federation/assume-role.ts'
import type { AskedSession, AssumedRole } from '../../server/federation/gate.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { accountId, composeGate, documentOf, facts, person, startMs, trustStatement } from './compose-gate.ts'

const composed = await composeGate()
const { gate, deps, keyring, rows, createRole } = composed

const open = documentOf(
  trustStatement(['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity']),
)
const reader = await createRole('reader', { trustPolicy: open, path: '/team/' })
const closed = await createRole('closed', { trustPolicy: documentOf(trustStatement('sts:AssumeRole')) })

const session: AskedSession = { name: 'ada', seconds: 900 }

type Question = { identity: FederatedIdentity; roleArn: string; asked: AskedSession; broken: boolean }

const bigTags = Object.fromEntries(
  Array.from({ length: 50 }, (_, n) => [`${n}`.padEnd(128, 'k'), 'v'.repeat(256)]),
)

/** What is checked, in this order. Each makes one thing wrong. */
const ladder: [reason: Reason, story: string, spoil: (question: Question) => Partial<Question>][] = [
  ['request.invalid', 'a session name that is none', ({ asked }) => ({ asked: { ...asked, name: 'a' } })],
  ['request.invalid', 'a duration that is none', ({ asked }) => ({ asked: { ...asked, seconds: 899 } })],
  ['request.invalid', 'a role ARN that is none', () => ({ roleArn: 'reader' })],
  ['trust.denied', 'a role that is not there', () => ({ roleArn: `${reader}s` })],
  ['trust.denied', 'a proof that is for other roles', () => ({ identity: person({ onlyRoles: [closed] }) })],
  [
    'trust.denied',
    'a person whose session at the provider is over',
    () => ({ identity: person({ sessionEndsAtSeconds: startMs / 1000 }) }),
  ],
  ['trust.denied', 'a role that does not trust', () => ({ roleArn: closed })],
  [
    'duration.overRoleMaximum',
    'more time than the role allows',
    ({ asked }) => ({ asked: { ...asked, seconds: 3601 } }),
  ],
  [
    'policy.packedTooLarge',
    'a session policy that is too long',
    ({ asked }) => ({ asked: { ...asked, policy: '{'.padEnd(2049) } }),
  ],
  [
    'policy.malformed',
    'a session policy that is none',
    ({ asked }) => ({ asked: { ...asked, policy: '{' } }),
  ],
  [
    'request.invalid',
    'a managed policy that is not there',
    ({ asked }) => ({ asked: { ...asked, policyArns: [`arn:aws:iam::${accountId}:policy/nobodys`] } }),
  ],
  ['policy.packedTooLarge', 'tags that fit into no token', () => ({ identity: person({ tags: bigTags }) })],
  ['audit.unavailable', 'an audit log that can’t be written', () => ({ broken: true })],
]

for (const [n, [reason, story]] of ladder.entries()) {
  test(`${story} is refused as ${reason}, before anything that comes later is looked at`, async () => {
    const question: Question = { identity: person(), roleArn: reader, asked: session, broken: false }
    for (const [, , spoil] of ladder.slice(n).reverse()) Object.assign(question, spoil(question))
    const before = rows().length
    const meddler = question.broken ? breakAudit() : undefined
    try {
      const { identity, roleArn, asked } = question
      const refusal = await refusalOf(gate.assumeRole(identity, roleArn, asked, facts))
      assert.equal(refusal.reason, reason)
      const { issuer, subject } = identity
      assert.deepEqual(refusal.about, { issuer, subject, resource: roleArn })
    } finally {
      meddler?.exec('drop trigger fault')
      meddler?.close()
    }
    assert.equal(rows().length, before, 'nothing was issued')
  })
}

function breakAudit(): DatabaseSync {
  const database = new DatabaseSync(join(composed.dataDir, 'audit.db'), { timeout: 5_000 })
  database.exec("create trigger fault before insert on audit begin select raise(abort, 'disk full'); end")
  return database
}

test('nobody is given anything before the audit row is durable', async () => {
  const durable = Promise.withResolvers<void>()
  const recorded = Promise.withResolvers<unknown>()
  const slow = createGate({
    ...deps,
    audit: {
      record(event) {
        recorded.resolve(event.accessKeyId)
        return durable.promise
      },
    },
  })
  const given: AssumedRole[] = []
  const answer = slow.assumeRole(person(), reader, session, facts).then(assumed => given.push(assumed))
  const accessKeyId = await recorded.promise
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
  assert.equal(given.length, 0)
  durable.resolve()
  await answer
  assert.equal(given[0]?.credentials.accessKeyId, accessKeyId)
})

test('every credential has one row of its own, with who, what, whence and until when', async () => {
  const before = rows().length
  const { credentials } = await gate.assumeRole(person(), reader, session, facts)
  const [row, ...more] = rows().slice(before)
  assert.deepEqual(more, [])
  const { sequence: _sequence, ...kept } = row ?? {}
  assert.deepEqual(kept, {
    at_ms: facts.atMs,
    event: 'AssumeRoleWithWebIdentity',
    decision: 'allowed',
    reason: null,
    request_id: 'request-1',
    source_ip: '192.0.2.7',
    user_agent: 'curl/8',
    issuer: 'https://issuer.example',
    subject: 'person-1',
    caller_arn: null,
    caller_access_key_id: null,
    resource: reader,
    access_key_id: credentials.accessKeyId,
    session_name: 'ada',
    expires_at_ms: startMs + 900_000,
    detail: '{"audience":"rolecall"}',
    count: 1,
  })
  const text = JSON.stringify(rows())
  assert.ok(!text.includes(credentials.secretAccessKey) && !text.includes(credentials.sessionToken))
})

test('the row of a session that was narrowed or tagged says how', async () => {
  const identity = person({ tags: { Team: 'blue' }, sourceIdentity: 'ada.l' })
  const policy = documentOf({ Effect: 'Allow', Action: 's3:*', Resource: '*' })
  await gate.assumeRole(identity, reader, { ...session, policy }, facts)
  assert.deepEqual(JSON.parse(String(rows().at(-1)?.detail)), {
    audience: 'rolecall',
    tags: { Team: 'blue' },
    sourceIdentity: 'ada.l',
    policy,
  })
})

test('one person’s token does not fill the audit log: past a thousand at once they wait', async () => {
  const fresh = createGate(deps)
  const assume = (subject: string) => fresh.assumeRole(person({ subject }), reader, session, facts)
  const settled = await Promise.allSettled(Array.from({ length: 1_002 }, () => assume('busy')))
  const refused = settled.flatMap(one => (one.status === 'rejected' ? [one.reason] : []))
  assert.ok(refused.every(one => one instanceof Refusal && one.reason === 'request.throttled'))
  assert.equal(refused.length, 2)
  await assume('somebody else')
})

test('the token holds the session to the letter, and opens for its own access key id alone', async () => {
  const identity = person({
    tags: { Team: 'blue', Cost: '' },
    transitiveTagKeys: ['Team'],
    sourceIdentity: 'ada.l',
  })
  const policy = documentOf({ Effect: 'Allow', Action: 's3:*', Resource: '*' })
  const policyArns = [await composed.createPolicy('narrow', policy)]
  const asked = { ...session, policy, policyArns }
  const { credentials, session: given } = await gate.assumeRole(identity, reader, asked, facts)
  const role = await composed.store.roles.find('reader')
  assert.deepEqual(given, {
    accessKeyId: credentials.accessKeyId,
    kind: 'role',
    principalId: role?.id,
    name: 'ada',
    person: { issuer: identity.issuer, subject: identity.subject },
    proof: {
      provider: identity.provider,
      audience: 'rolecall',
      subjectKey: 'issuer.example:sub',
      audienceKey: 'issuer.example:aud',
    },
    issuedAtSeconds: startMs / 1000,
    expiresAtSeconds: startMs / 1000 + 900,
    ancestors: [],
    tags: identity.tags,
    transitiveTagKeys: ['Team'],
    sourceIdentity: 'ada.l',
    policy,
    policyArns,
    demo: false,
  })
  const opened = openSession(keyring, credentials.sessionToken, credentials.accessKeyId)
  assert.ok(opened)
  assert.deepEqual(opened.session, given)
  assert.equal(secretOf(keyring, opened), credentials.secretAccessKey)
  const other = await gate.assumeRole(identity, reader, asked, facts)
  assert.notEqual(other.credentials.accessKeyId, credentials.accessKeyId)
  assert.equal(openSession(keyring, credentials.sessionToken, other.credentials.accessKeyId), undefined)
})

test('the answer names the session by ARN, without the role’s path, and by id', async () => {
  const { arn, assumedRoleId, role, packedPolicyPercent } = await gate.assumeRole(
    person(),
    reader,
    session,
    facts,
  )
  assert.equal(arn, `arn:aws:sts::${accountId}:assumed-role/reader/ada`)
  assert.equal(assumedRoleId, `${role.id}:ada`)
  assert.equal(packedPolicyPercent, undefined)
})

test('what was packed is told in whole percent', async () => {
  for (const [identity, asked] of [
    [person({ tags: { team: 'blue' } }), session],
    [person(), { ...session, policy: documentOf({ Effect: 'Deny', Action: '*', Resource: '*' }) }],
  ] as const) {
    const { packedPolicyPercent: percent } = await gate.assumeRole(identity, reader, asked, facts)
    assert.ok(Number.isInteger(percent) && Number(percent) > 0 && Number(percent) <= 100)
  }
})

for (const [seconds, most, given] of [
  [900, 3600, true],
  [3600, 3600, true],
  [3601, 3600, false],
  [43_200, 43_200, true],
  [43_199, 43_200, true],
] as const) {
  test(`of a role with a maximum of ${most} seconds, ${seconds} are ${given ? 'given' : 'refused'}`, async () => {
    const arn = await createRole(`for-${seconds}-${most}`, { maxSessionSeconds: most })
    const answer = gate.assumeRole(person(), arn, { ...session, seconds }, facts)
    if (!given) return assert.equal((await refusalOf(answer)).reason, 'duration.overRoleMaximum')
    assert.equal((await answer).credentials.expiresAtSeconds, startMs / 1000 + seconds)
  })
}

for (const seconds of [0, -900, 43_201, 900.5, Number.NaN, Number.POSITIVE_INFINITY]) {
  test(`a door that lets ${seconds} seconds pass is stopped at the gate`, async () => {
    const refusal = await refusalOf(gate.assumeRole(person(), reader, { ...session, seconds }, facts))
    assert.equal(refusal.reason, 'request.invalid')
  })
}

for (const name of ['', 'a', 'x'.repeat(65), 'a b', 'a/b', 'ada\n', 'a\u0000b', 'ädä']) {
  test(`a door that lets the session name ${JSON.stringify(name)} pass is stopped at the gate`, async () => {
    const refusal = await refusalOf(gate.assumeRole(person(), reader, { ...session, name }, facts))
    assert.equal(refusal.reason, 'request.invalid')
  })
}

test('credentials end with the person’s session at the provider, where that ends sooner', async () => {
  const endsAt = startMs / 1000 + 100
  const identity = person({ onlyRoles: [reader], sessionEndsAtSeconds: endsAt })
  const { credentials } = await gate.assumeRole(identity, reader, session, facts)
  assert.equal(credentials.expiresAtSeconds, endsAt)
})

test('credentials end when the provider says that what is taken in a browser shall end', async () => {
  const longer = { ...session, seconds: 3600 }
  const lastsFor = async (sessionSeconds: number) => {
    const { credentials } = await gate.assumeRole(person({ sessionSeconds }), reader, longer, facts)
    return credentials.expiresAtSeconds - Math.floor(composed.clock() / 1000)
  }
  assert.deepEqual([await lastsFor(1200), await lastsFor(7200)], [1200, 3600])
})
