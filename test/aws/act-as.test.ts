import assert from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { type ActAsDeps, CallRefused, createActAs } from '../../server/aws/act-as.ts'
import { bindAction, defineAction } from '../../server/aws/action.ts'
import { list, optional, params, structure, text } from '../../server/aws/params.ts'
import type { Caller } from '../../server/base/caller.ts'
import { Refusal } from '../../server/base/refusal.ts'
import type { Session } from '../../server/base/session.ts'
import { stsFaults } from '../../server/sts/faults.ts'

const session: Session = {
  accessKeyId: 'ASIAEXAMPLE',
  kind: 'role',
  principalId: 'AROAEXAMPLE',
  name: 'ada',
  issuedAtSeconds: 0,
  expiresAtSeconds: 3600,
  ancestors: [],
  tags: {},
  transitiveTagKeys: [],
  policyArns: [],
  demo: false,
}
const caller: Caller = {
  kind: 'session',
  accountId: '123456789012',
  arn: 'arn:aws:sts::123456789012:assumed-role/operator/ada',
  userId: 'AROAEXAMPLE:ada',
  accessKeyId: session.accessKeyId,
  session,
  roleArn: 'arn:aws:iam::123456789012:role/operator',
  roleTags: {},
}
const facts = { requestId: 'request-1', sourceIp: '192.0.2.1', secure: true, atMs: 0 }

const change = defineAction({
  name: 'Change',
  auth: 'signed',
  writes: true,
  input: params({
    Name: text({ min: 3 }),
    Tags: optional(list(structure({ Key: text() }), { max: 2 }), []),
  }),
  permission: () => ({ action: 'test:Change', resource: 'arn:thing' }),
  async handle({ Name, Tags }, _deps: object, { warn }) {
    steps.push('run')
    warn(`${Name} is a strange name`)
    return { Name, Keys: Tags.map(({ Key }) => Key) }
  },
})
const open = defineAction({ name: 'Open', auth: 'none', input: params({}), handle: async () => ({}) })

/** What happened, in order; and what is refused, where a test wants it to be. */
let steps: string[] = []
let refusing: Partial<Record<'require' | 'permit' | 'record', Refusal | Error>> = {}
let noted: { event?: string; callerAccessKeyId?: string }[] = []
let recorded: object[] = []
beforeEach(() => {
  steps = []
  refusing = {}
  noted = []
  recorded = []
})

async function step(name: keyof typeof refusing): Promise<void> {
  steps.push(name)
  if (refusing[name] !== undefined) throw refusing[name]
}

const service = {
  name: 'test',
  actions: new Map([bindAction(change, {}), bindAction(open, {})].map(one => [one.name, one])),
  faults: stsFaults,
}
const deps: ActAsDeps = {
  services: [{ ...service, version: '1', xmlNamespace: 'https://test.example/' }],
  jsonServices: [{ ...service, name: 'json-test', target: 'Test_1' }],
  sessionCallers: {
    async require() {
      await step('require')
      return caller
    },
    noteUse: () => void steps.push('noteUse'),
  },
  authorizer: { requirePermission: () => step('permit') },
  audit: {
    async record(event) {
      await step('record')
      recorded.push(event)
    },
    note: event => void noted.push(event),
  },
  log: { error() {}, info() {} },
}
const actAs = createActAs(deps)

describe('an action in process', () => {
  test('passes liveness, permission and the audit log in this order before it runs, as over the wire', async () => {
    const { call } = await actAs(session, facts)
    steps = []
    const warnings: string[] = []
    const input = { Name: 'thing', Tags: [{ Key: 'a' }, { Key: 'b' }] }
    const answer = await call('test:Change', input, text => void warnings.push(text))
    assert.deepEqual(answer, { Name: 'thing', Keys: ['a', 'b'] })
    assert.deepEqual(steps, ['require', 'noteUse', 'permit', 'record', 'run'])
    assert.deepEqual(warnings, ['thing is a strange name'])
    assert.deepEqual(recorded, [
      {
        atMs: 0,
        requestId: 'request-1',
        sourceIp: '192.0.2.1',
        event: 'Change',
        decision: 'allowed',
        callerArn: caller.arn,
        callerAccessKeyId: session.accessKeyId,
        resource: 'arn:thing',
      },
    ])
  })

  test('is found in services of either protocol', async () => {
    const { call, offers } = await actAs(session, facts)
    assert.equal((await call('json-test:Change', { Name: 'thing' })).Name, 'thing')
    assert.equal(offers('json-test:Change'), true)
  })

  for (const [story, at, refusal, reason] of [
    ['a session that ended since the page began', 'require', new Refusal('session.ended'), 'session.ended'],
    ['a permission that is missing', 'permit', new Refusal('access.denied'), 'access.denied'],
    ['an audit log that can’t be written', 'record', new Refusal('audit.unavailable'), 'audit.unavailable'],
  ] as const) {
    test(`is not run for ${story}, and the refusal is written down under the action’s name`, async () => {
      const { call } = await actAs(session, facts)
      refusing = { [at]: refusal }
      await assert.rejects(call('test:Change', { Name: 'thing' }), (error: unknown) => {
        assert.ok(error instanceof CallRefused)
        return error.reason === reason && error.action === 'test:Change'
      })
      assert.ok(!steps.includes('run'))
      assert.deepEqual(
        noted.map(({ event, callerAccessKeyId }) => [event, callerAccessKeyId]),
        [['Change', session.accessKeyId]],
      )
    })
  }

  test('says what is wrong with its parameters in the words of the wire', async () => {
    const { call } = await actAs(session, facts)
    await assert.rejects(call('test:Change', { Name: 'x' }), /greater than or equal to 3/)
    assert.ok(!steps.includes('permit'))
  })

  test('hands on what is no refusal as it is', async () => {
    const { call } = await actAs(session, facts)
    refusing = { permit: new RangeError('a bug') }
    await assert.rejects(call('test:Change', { Name: 'thing' }), RangeError)
  })
})

test('nobody acts as a session that does not live', async () => {
  refusing = { require: new Refusal('session.expired') }
  await assert.rejects(actAs(session, facts), { reason: 'session.expired' })
})

for (const name of ['test:Nothing', 'nobody:Change', 'test:Open', 'Change'] as const) {
  test(`${name} is no signed action, and a page that calls it has a bug`, async () => {
    const { call, offers } = await actAs(session, facts)
    await assert.rejects(call(name as 'test:Open'), TypeError)
    assert.equal(offers(name as 'test:Open'), false)
  })
}
