import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AskedSession } from '../../server/federation/gate.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { accountId, composeGate, documentOf, facts, person } from './compose-gate.ts'

const { gate, createRole, createPolicy } = await composeGate()
const role = await createRole('reader')
const allowing = { Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }
const narrow = await createPolicy('narrow', documentOf(allowing), '/team/')

const ask = (asked: Partial<AskedSession>) =>
  gate.assumeRole(person(), role, { name: 'ada', seconds: 900, ...asked }, facts)

/** A session policy of exactly so many characters. */
function sized(length: number): string {
  const bare = documentOf({ ...allowing, Sid: '' }).length
  return documentOf({ ...allowing, Sid: 'x'.repeat(length - bare) })
}

const beside = 2048 - narrow.length
for (const [story, asked] of [
  ['a document that allows something', { policy: documentOf(allowing) }],
  ['a document that only denies', { policy: documentOf({ ...allowing, Effect: 'Deny' }) }],
  ['a document of 2048 characters', { policy: sized(2048) }],
  ['a document and an ARN of 2048 characters together', { policy: sized(beside), policyArns: [narrow] }],
  ['a managed policy', { policyArns: [narrow] }],
  ['a managed policy twice', { policyArns: [narrow, narrow] }],
  ['no policy at all, which is a list of none', { policyArns: [] }],
] as const) {
  test(`a session may be narrowed by ${story}, and carries it`, async () => {
    const { session } = await ask(asked)
    assert.deepEqual(
      [session.policy, session.policyArns],
      ['policy' in asked ? asked.policy : undefined, 'policyArns' in asked ? asked.policyArns : []],
    )
  })
}

const missing = (arn: string) => `Policy ${arn} does not exist`
for (const [story, asked, reason, said] of [
  ['is one character too long', { policy: sized(2049) }, 'policy.packedTooLarge', { percent: '101' }],
  [
    'is one character too long with an ARN beside it',
    { policy: sized(beside + 1), policyArns: [narrow] },
    'policy.packedTooLarge',
    { percent: '101' },
  ],
  ['is empty, and would narrow nothing', { policy: '' }, 'policy.malformed', undefined],
  ['has no statement', { policy: documentOf() }, 'policy.malformed', undefined],
  ['is no JSON', { policy: 'allow everything' }, 'policy.malformed', undefined],
  [
    'names a principal',
    { policy: documentOf({ ...allowing, Principal: '*' }) },
    'policy.malformed',
    undefined,
  ],
  ['names one member twice', { policy: '{"Statement":[],"Statement":[]}' }, 'policy.malformed', undefined],
  ...(
    [
      ['is managed and not there', `arn:aws:iam::${accountId}:policy/nobodys`, missing],
      ['is managed and on another path', `arn:aws:iam::${accountId}:policy/narrow`, missing],
      ['is managed and in another case', narrow.replace('narrow', 'Narrow'), missing],
      ['is another account’s', narrow.replace(accountId, '999999999999'), missing],
      ['is AWS’s own, which is not here', 'arn:aws:iam::aws:policy/ReadOnlyAccess', missing],
      ['is the ARN of a role', `arn:aws:iam::${accountId}:role/reader`, (arn: string) => `${arn} is invalid`],
      ['has a region', narrow.replace('iam:', 'iam:eu-north-1'), (arn: string) => `${arn} is invalid`],
      ['is of another partition', narrow.replace('aws', 'aws-cn'), (arn: string) => `${arn} is invalid`],
      ['is no ARN', 'narrow', (arn: string) => `${arn} is invalid`],
    ] as const
  ).map(
    ([story, arn, message]) =>
      [story, { policyArns: [narrow, arn] }, 'request.invalid', { message: message(arn) }] as const,
  ),
] as const) {
  test(`a session policy that ${story} is refused as ${reason}`, async () => {
    const refusal = await refusalOf(ask(asked))
    assert.equal(refusal.reason, reason)
    if (said !== undefined) assert.deepEqual(refusal.said, said)
  })
}
