import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateRoleCommand, type CreateRoleCommandInput, GetRoleCommand } from '@aws-sdk/client-iam'
import { faultOf, policyOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'

const iam = (await startRolecall()).iam()
const trust = policyOf({
  Effect: 'Allow',
  Principal: { Federated: 'accounts.google.com' },
  Action: 'sts:AssumeRoleWithWebIdentity',
})

const create = (name: string, more: Partial<CreateRoleCommandInput> = {}) =>
  iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust, ...more }))

const fiftyOne = Array.from({ length: 51 }, (_, n) => ({ Key: `key-${n}`, Value: 'v' }))

for (const [story, name, more, code, message] of [
  ['a name of 65 characters', 'n'.repeat(65), {}, 'ValidationError', /at 'roleName'.*equal to 64$/],
  ['no name', '', {}, 'ValidationError', /at 'roleName'.*equal to 1$/],
  ['a name with a slash', 'a/b', {}, 'ValidationError', /at 'roleName'.*pattern: \[\\w\+=,\.@-\]\+$/],
  ['a path without a slash at its end', 'x', { Path: '/team' }, 'ValidationError', /at 'path'/],
  ['a path without a slash in front', 'x', { Path: 'team/' }, 'ValidationError', /at 'path'/],
  ['a path with a blank', 'x', { Path: '/a team/' }, 'ValidationError', /at 'path'/],
  ['a path of 513 characters', 'x', { Path: `/${'p'.repeat(511)}/` }, 'ValidationError', /at 'path'.*512$/],
  [
    'a description of 1001 characters',
    'x',
    { Description: 'd'.repeat(1001) },
    'ValidationError',
    /at 'description'.*1000$/,
  ],
  ['a description beyond Latin-1', 'x', { Description: 'ā' }, 'ValidationError', /at 'description'/],
  [
    'sessions of less than an hour',
    'x',
    { MaxSessionDuration: 3599 },
    'ValidationError',
    /at 'maxSessionDuration'.*3600$/,
  ],
  [
    'sessions of more than twelve hours',
    'x',
    { MaxSessionDuration: 43_201 },
    'ValidationError',
    /at 'maxSessionDuration'.*43200$/,
  ],
  ['51 tags', 'x', { Tags: fiftyOne }, 'ValidationError', /at 'tags'.*50$/],
  ['a tag without a key', 'x', { Tags: [{ Key: '', Value: 'v' }] }, 'ValidationError', /at 'tags/],
  [
    'a tag with a key of 129',
    'x',
    { Tags: [{ Key: 'k'.repeat(129), Value: '' }] },
    'ValidationError',
    /128$/,
  ],
  [
    'a tag with a value of 257',
    'x',
    { Tags: [{ Key: 'k', Value: 'v'.repeat(257) }] },
    'ValidationError',
    /256$/,
  ],
  [
    'a tag with a key like a pattern',
    'x',
    { Tags: [{ Key: 'a*', Value: 'v' }] },
    'ValidationError',
    /pattern/,
  ],
  [
    'tags whose keys differ in case alone',
    'x',
    {
      Tags: [
        { Key: 'team', Value: 'blue' },
        { Key: 'TEAM', Value: 'red' },
      ],
    },
    'InvalidInput',
    /^Duplicate tag keys found\. Please note that Tag keys are case insensitive\.$/,
  ],
  ['a tag of AWS’s own', 'x', { Tags: [{ Key: 'AWS:x', Value: 'v' }] }, 'InvalidInput', /^aws: prefixed/],
] as const) {
  test(`a role with ${story} is not made: ${code}`, async () => {
    const asked = structuredClone(more) as Partial<CreateRoleCommandInput>
    const fault = await faultOf(create(name, asked))
    assert.deepEqual([fault.code, fault.status], [code, 400])
    assert.match(fault.message, message)
  })
}

test('a role at every bound is made', async () => {
  const name = 'n'.repeat(64)
  const Tags = fiftyOne.slice(0, 49).concat({ Key: 'k'.repeat(128), Value: 'v'.repeat(256) })
  const bounds = { Path: `/${'p'.repeat(510)}/`, Description: 'd'.repeat(1000), MaxSessionDuration: 43_200 }
  await create(name, { ...bounds, Tags })
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: name }))
  assert.deepEqual(
    [Role?.Path, Role?.Description, Role?.MaxSessionDuration, Role?.Tags],
    [bounds.Path, bounds.Description, bounds.MaxSessionDuration, Tags],
  )
})
