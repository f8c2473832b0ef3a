import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError, readConfig } from '../../server/config.ts'

const guest = { ROLECALL_GUEST_ROLE: 'guest' }
const policy = '{"Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}'

test('a role is all that guests need', () => {
  assert.deepEqual(readConfig(guest).guests, {
    role: 'guest',
    policy: undefined,
    seconds: 3600,
    perMinuteAndAddress: 10,
    perMinuteInAll: 600,
  })
  assert.equal(readConfig({ ROLECALL_GUEST_SECONDS: '900' }).guests, undefined)
})

for (const [story, env, problem] of [
  ['a role that is none', { ROLECALL_GUEST_ROLE: 'a role' }, 'ROLECALL_GUEST_ROLE: not a role,'],
  [
    'a policy that is no JSON',
    { ...guest, ROLECALL_GUEST_POLICY: 'all' },
    'ROLECALL_GUEST_POLICY: not a session policy,',
  ],
  [
    'a policy with a principal, which no session has',
    { ...guest, ROLECALL_GUEST_POLICY: policy.replace('"Action"', '"Principal": "*", "Action"') },
    'ROLECALL_GUEST_POLICY: not a session policy,',
  ],
  [
    'a policy that is too long',
    { ...guest, ROLECALL_GUEST_POLICY: policy.replace('sts:*', `sts:${'*'.repeat(2048)}`) },
    'ROLECALL_GUEST_POLICY: not a session policy,',
  ],
  [
    'too short a time',
    { ...guest, ROLECALL_GUEST_SECONDS: '60' },
    'ROLECALL_GUEST_SECONDS: not a number of seconds,',
  ],
  [
    'no guests',
    { ...guest, ROLECALL_GUESTS_IN_ALL: '0' },
    'ROLECALL_GUESTS_IN_ALL: not a number of guests a minute,',
  ],
] as const) {
  test(`${story} is refused, and named`, () => {
    assert.throws(
      () => readConfig(env),
      error => error instanceof ConfigError && error.problems[0]?.startsWith(problem) === true,
    )
  })
}
