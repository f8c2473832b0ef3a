import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { LookupEventsCommand } from '@aws-sdk/client-cloudtrail'
import * as sm from '@aws-sdk/client-secrets-manager'
import { RotationFailure, type Rotator } from '../../../server/secrets/rotation/rotator.ts'
import {
  createAlternatingDatabase,
  createAlternatingRotator,
  type Hook,
} from '../../support/alternating-database.ts'
import { faultOf } from '../../support/aws-calls.ts'
import { startRolecall } from '../../support/rolecall.ts'
import { callSecrets } from '../../support/secrets-call.ts'
import { signInStep } from '../../support/sign-in-step.ts'
import { serviceKinds } from '../../support/stores.ts'
import { until } from '../../support/until.ts'

const dayMs = 86_400_000

for (const { kind, skip, settings } of serviceKinds) {
  describe(`rotation on ${kind}`, { skip }, async () => {
    if (skip !== false) return
    const database = createAlternatingDatabase()
    let hook: Hook = () => undefined
    const rotators = new Map<string, Rotator>([
      ['rolecall-alternating', createAlternatingRotator(database, (...told) => hook(...told))],
    ])
    const rolecall = await startRolecall(await settings(), undefined, { rotators })
    const client = signInStep(rolecall.secrets(), rolecall)
    const trail = signInStep(rolecall.cloudTrail(), rolecall)
    const lambda = `arn:aws:lambda:us-east-1:${rolecall.accountId}:function:rolecall-alternating`
    const get = async (SecretId: string, more: object = {}) =>
      (await client.send(new sm.GetSecretValueCommand({ SecretId, ...more }))).SecretString
    const describeSecret = (SecretId: string) => client.send(new sm.DescribeSecretCommand({ SecretId }))
    const stagesOf = async (SecretId: string) => (await describeSecret(SecretId)).VersionIdsToStages
    const rotate = (SecretId: string, more: Partial<sm.RotateSecretCommandInput> = {}) =>
      client.send(new sm.RotateSecretCommand({ SecretId, ...more }))
    const create = (Name: string, SecretString = database.add(Name)) =>
      client.send(new sm.CreateSecretCommand({ Name, SecretString }))
    async function historyOf(SecretId: string) {
      const { body } = await callSecrets(rolecall, 'ListSecretRotations', { SecretId })
      return body.Rotations as Record<string, unknown>[]
    }
    const untilState = (name: string, state: string) =>
      until(async () => (await historyOf(name))[0]?.State === state)
    const eventsOf = async (arn: string | undefined) => {
      const { Events = [] } = await trail.send(
        new LookupEventsCommand({
          LookupAttributes: [{ AttributeKey: 'ResourceName', AttributeValue: arn }],
        }),
      )
      return Events.map(({ EventName }) => EventName).reverse()
    }

    test('answers at once, and then runs the four steps', async () => {
      const before = database.add('db')
      const { ARN, VersionId: first } = await create('db', before)
      const { VersionId, Name } = await rotate('db', {
        RotationLambdaARN: lambda,
        RotationRules: { AutomaticallyAfterDays: 30 },
      })
      assert.equal(Name, 'db')
      await untilState('db', 'succeeded')
      await until(async () => (await describeSecret('db')).LastRotatedDate !== undefined)
      assert.deepEqual(await stagesOf('db'), {
        [`${VersionId}`]: ['AWSCURRENT'],
        [`${first}`]: ['AWSPREVIOUS'],
      })
      const value = await get('db')
      assert.ok(database.accepts(value))
      assert.notEqual(value, before)

      const shown = await describeSecret('db')
      assert.equal(shown.RotationEnabled, true)
      assert.equal(shown.RotationLambdaARN, lambda)
      assert.equal(shown.RotationRules?.AutomaticallyAfterDays, 30)
      const next = Number(shown.NextRotationDate)
      assert.equal(next % dayMs, 0)
      assert.ok(next > rolecall.nowMs() + 30 * dayMs && next <= rolecall.nowMs() + 31 * dayMs)
      const [row] = await historyOf('db')
      assert.deepEqual(
        [row?.VersionId, row?.Kind, row?.Step, row?.Attempts],
        [VersionId, 'rotation', 'finishSecret', 1],
      )
      const events = await eventsOf(ARN)
      assert.deepEqual(
        events.filter(name => name?.startsWith('Rotat')),
        ['RotateSecret', 'RotationStarted', 'RotationSucceeded'],
      )
    })

    test('is done again when it falls due, and only then', async () => {
      await create('weekly')
      await rotate('weekly', {
        RotationLambdaARN: lambda,
        RotationRules: { ScheduleExpression: 'rate(7 days)' },
      })
      await until(async () => (await describeSecret('weekly')).LastRotatedDate !== undefined)
      const before = await get('weekly')
      const { NextRotationDate, RotationRules } = await describeSecret('weekly')
      assert.equal(RotationRules?.AutomaticallyAfterDays, 7)
      assert.equal(RotationRules?.ScheduleExpression, 'rate(7 days)')
      rolecall.advanceMs(Number(NextRotationDate) - rolecall.nowMs() - dayMs - 60_000)
      assert.deepEqual(
        await rolecall.rolecall.store.secrets.dueForRotation(Number(NextRotationDate) - dayMs - 1, 10),
        [],
      )
      assert.equal(await get('weekly'), before)
      rolecall.advanceMs(dayMs + 60_000)
      await until(async () => (await historyOf('weekly')).length === 2)
      await untilState('weekly', 'succeeded')
      assert.notEqual(await get('weekly'), before)
      assert.ok(database.accepts(await get('weekly')))
    })

    test('a failing step is tried again later, under the same version, and its reason shown', async () => {
      const before = database.add('flaky')
      await create('flaky', before)
      let isBroken = true
      hook = (step, when) => {
        if (isBroken && step === 'setSecret' && when === 'before')
          throw new RotationFailure('the database is away')
      }
      const { VersionId, ARN } = await rotate('flaky', { RotationLambdaARN: lambda })
      await untilState('flaky', 'failing')
      const [row] = await historyOf('flaky')
      assert.deepEqual([row?.Step, row?.Reason, row?.Attempts], ['setSecret', 'the database is away', 1])
      assert.equal(await get('flaky'), before)
      const blocked = await faultOf(rotate('flaky'))
      assert.equal(blocked.code, 'InvalidRequestException')
      assert.equal(blocked.message, "A previous rotation isn't complete. That rotation will be reattempted.")
      isBroken = false
      rolecall.advanceMs(2 * 60_000)
      await untilState('flaky', 'succeeded')
      const value = await client.send(new sm.GetSecretValueCommand({ SecretId: 'flaky' }))
      assert.equal(value.VersionId, VersionId)
      assert.ok(database.accepts(value.SecretString))
      await until(async () => (await eventsOf(ARN)).includes('RotationFailed'))
      hook = () => undefined
    })

    test('what a rotator throws by accident is neither shown nor logged', async () => {
      await create('clumsy')
      hook = async (step, when, desk) => {
        if (step === 'testSecret' && when === 'after')
          throw new Error(`bad: ${await desk.read('AWSPENDING')}`)
      }
      await rotate('clumsy', { RotationLambdaARN: lambda })
      await untilState('clumsy', 'failing')
      hook = () => undefined
      const [row] = await historyOf('clumsy')
      assert.equal(row?.Reason, 'the rotator failed in a way that it has no words for')
      const pending = JSON.parse((await get('clumsy', { VersionStage: 'AWSPENDING' })) ?? '')
      assert.ok(!rolecall.logged().includes(pending.password))
    })

    test('the same request again begins nothing, another value under its token is refused', async () => {
      const { VersionId: first } = await create('twice')
      const ClientRequestToken = randomUUID()
      await rotate('twice', { RotationLambdaARN: lambda, ClientRequestToken })
      await until(async () => (await describeSecret('twice')).LastRotatedDate !== undefined)
      assert.equal((await rotate('twice', { ClientRequestToken })).VersionId, ClientRequestToken)
      assert.equal((await historyOf('twice')).length, 1)
      const used = await faultOf(rotate('twice', { ClientRequestToken: first }))
      assert.equal(used.code, 'ResourceExistsException')
    })

    test('not at once: the rotator is tested, and nothing changed', async () => {
      const steps: string[] = []
      const before = database.add('later')
      const { VersionId: first, ARN } = await create('later', before)
      hook = (step, when, { secretArn }) => void (secretArn === ARN && steps.push(`${step} ${when}`))
      const RotationRules = { ScheduleExpression: 'cron(0 16 1,15 * ? *)', Duration: '2h' }
      await rotate('later', { RotationLambdaARN: lambda, RotationRules, RotateImmediately: false })
      await untilState('later', 'succeeded')
      await until(async () => Object.keys((await stagesOf('later')) ?? {}).length === 1)
      hook = () => undefined
      assert.deepEqual(steps, ['testSecret before', 'testSecret after'])
      assert.equal(await get('later'), before)
      const { Versions = [] } = await client.send(
        new sm.ListSecretVersionIdsCommand({ SecretId: 'later', IncludeDeprecated: true }),
      )
      assert.deepEqual(
        Versions.map(({ VersionId }) => VersionId),
        [first],
      )
      const shown = await describeSecret('later')
      assert.equal(shown.RotationEnabled, true)
      assert.equal(shown.LastRotatedDate, undefined)
      assert.equal(new Date(Number(shown.NextRotationDate)).getUTCHours(), 18)
      await until(async () => (await eventsOf(ARN)).includes('TestRotationSucceeded'))
    })

    test('a test that fails leaves nothing of itself, and says why', async () => {
      await create('untested', JSON.stringify({ username: 'app', password: 'wrong' }))
      await rotate('untested', { RotationLambdaARN: lambda, RotateImmediately: false })
      await untilState('untested', 'failed')
      await until(async () => Object.keys((await stagesOf('untested')) ?? {}).length === 1)
      assert.equal((await historyOf('untested'))[0]?.Reason, 'it does not let us in')
    })

    test('cancelled, it is off, and its stages are as they were left', async () => {
      await create('cancelled')
      hook = step => {
        if (step === 'setSecret') throw new RotationFailure('not today')
      }
      const { VersionId } = await rotate('cancelled', {
        RotationLambdaARN: lambda,
        RotationRules: { AutomaticallyAfterDays: 1 },
      })
      await untilState('cancelled', 'failing')
      hook = () => undefined
      const answer = await client.send(new sm.CancelRotateSecretCommand({ SecretId: 'cancelled' }))
      assert.equal(answer.VersionId, VersionId)
      const shown = await describeSecret('cancelled')
      assert.equal(shown.RotationEnabled, false)
      assert.equal(shown.NextRotationDate, undefined)
      assert.deepEqual(shown.VersionIdsToStages?.[`${VersionId}`], ['AWSPENDING'])
      assert.equal((await historyOf('cancelled'))[0]?.State, 'abandoned')
      // What is left over blocks, until somebody takes it off.
      assert.match((await faultOf(rotate('cancelled'))).message, /previous rotation/)
      await client.send(
        new sm.UpdateSecretVersionStageCommand({
          SecretId: 'cancelled',
          VersionStage: 'AWSPENDING',
          RemoveFromVersionId: VersionId,
        }),
      )
      await rotate('cancelled')
      await until(async () => (await describeSecret('cancelled')).LastRotatedDate !== undefined)
      assert.equal((await describeSecret('cancelled')).RotationEnabled, true)
    })

    test('a value that is put by hand abandons it, and the next one goes on from there', async () => {
      const { ARN } = await create('by-hand')
      hook = step => {
        if (step === 'setSecret') throw new RotationFailure('not today')
      }
      const { VersionId } = await rotate('by-hand', {
        RotationLambdaARN: lambda,
        RotationRules: { AutomaticallyAfterDays: 5 },
      })
      await untilState('by-hand', 'failing')
      hook = () => undefined
      const put = new sm.PutSecretValueCommand({ SecretId: 'by-hand', SecretString: database.add('hand') })
      const { VersionId: byHand } = await client.send(put)
      assert.equal((await stagesOf('by-hand'))?.[`${VersionId}`], undefined)
      assert.equal((await historyOf('by-hand'))[0]?.State, 'abandoned')
      await until(async () => (await eventsOf(ARN)).includes('RotationAbandoned'))
      rolecall.advanceMs(2 * 60_000)
      assert.equal(
        (await client.send(new sm.GetSecretValueCommand({ SecretId: 'by-hand' }))).VersionId,
        byHand,
      )
      await rotate('by-hand')
      await until(async () => (await describeSecret('by-hand')).LastRotatedDate !== undefined)
    })

    test('a half of what somebody else began is not finished by the schedule', async () => {
      await create('half')
      await rotate('half', { RotationLambdaARN: lambda, RotationRules: { AutomaticallyAfterDays: 1 } })
      await until(async () => (await describeSecret('half')).LastRotatedDate !== undefined)
      const before = await get('half')
      await client.send(
        new sm.PutSecretValueCommand({ SecretId: 'half', SecretString: 'x', VersionStages: ['AWSPENDING'] }),
      )
      rolecall.advanceMs(2 * dayMs)
      await untilState('half', 'failing')
      assert.match(String((await historyOf('half'))[0]?.Reason), /AWSPENDING is at a version/)
      assert.equal(await get('half'), before)
    })

    test('a secret that is marked for deletion is not rotated, and comes back with its rules', async () => {
      await create('leaves')
      await rotate('leaves', { RotationLambdaARN: lambda, RotationRules: { AutomaticallyAfterDays: 1 } })
      await until(async () => (await describeSecret('leaves')).LastRotatedDate !== undefined)
      await client.send(new sm.DeleteSecretCommand({ SecretId: 'leaves' }))
      assert.equal((await describeSecret('leaves')).NextRotationDate, undefined)
      rolecall.advanceMs(3 * dayMs)
      assert.equal((await faultOf(rotate('leaves'))).code, 'InvalidRequestException')
      const due = await rolecall.rolecall.store.secrets.dueForRotation(rolecall.nowMs() + 1_000 * dayMs, 100)
      assert.ok(!due.some(({ name }) => name === 'leaves'))
      await client.send(new sm.RestoreSecretCommand({ SecretId: 'leaves' }))
      const shown = await describeSecret('leaves')
      assert.equal(shown.RotationEnabled, true)
      assert.ok(Number(shown.NextRotationDate) > rolecall.nowMs())
    })

    test('a rotation that a mark for deletion broke off goes on when the secret is restored', async () => {
      await create('comes-back')
      hook = (step, when, desk) => {
        if (step === 'setSecret' && when === 'after') throw new RotationFailure(`not yet, ${desk.token}`)
      }
      const { VersionId } = await rotate('comes-back', { RotationLambdaARN: lambda })
      await untilState('comes-back', 'failing')
      hook = () => undefined
      await client.send(new sm.DeleteSecretCommand({ SecretId: 'comes-back' }))
      assert.equal((await historyOf('comes-back'))[0]?.State, 'paused')
      rolecall.advanceMs(dayMs)
      await client.send(new sm.RestoreSecretCommand({ SecretId: 'comes-back' }))
      await untilState('comes-back', 'succeeded')
      const value = await client.send(new sm.GetSecretValueCommand({ SecretId: 'comes-back' }))
      assert.equal(value.VersionId, VersionId)
      assert.ok(database.accepts(value.SecretString))
    })

    test('AWSPENDING is at the version that is to be made before it has a value, as rotators expect', async () => {
      await create('claimed')
      const seen: unknown[] = []
      hook = async (step, when, { token, secretArn }) => {
        if (step !== 'createSecret' || when !== 'before' || !secretArn.includes('claimed')) return
        seen.push((await stagesOf('claimed'))?.[token])
        for (const more of [{ VersionStage: 'AWSPENDING' }, { VersionStage: 'AWSPENDING', VersionId: token }])
          seen.push((await faultOf(get('claimed', more))).code)
      }
      await rotate('claimed', { RotationLambdaARN: lambda })
      await untilState('claimed', 'succeeded')
      hook = () => undefined
      assert.deepEqual(seen, [['AWSPENDING'], 'ResourceNotFoundException', 'ResourceNotFoundException'])
    })

    for (const [story, name, more, code, message] of [
      [
        'no rotator at all',
        'none',
        {},
        'InvalidRequestException',
        /^No Lambda rotation function ARN is associated/,
      ],
      [
        'an unknown rotator',
        'none',
        { RotationLambdaARN: `${lambda}x` },
        'AccessDeniedException',
        /cannot invoke the specified Lambda/,
      ],
      [
        'a rotator of another account',
        'none',
        { RotationLambdaARN: lambda.replace(/:\d{12}:/, ':999999999999:') },
        'AccessDeniedException',
        /cannot invoke the specified Lambda/,
      ],
      [
        'two schedules',
        'none',
        {
          RotationLambdaARN: lambda,
          RotationRules: { AutomaticallyAfterDays: 3, ScheduleExpression: 'rate(3 days)' },
        },
        'InvalidParameterException',
        /not both/,
      ],
      [
        'every two hours',
        'none',
        { RotationLambdaARN: lambda, RotationRules: { ScheduleExpression: 'rate(2 hours)' } },
        'InvalidParameterException',
        /ScheduleExpression/,
      ],
      [
        'no days',
        'none',
        { RotationLambdaARN: lambda, RotationRules: { AutomaticallyAfterDays: 0 } },
        'ValidationException',
        /greater than or equal to 1/,
      ],
      [
        'too many days',
        'none',
        { RotationLambdaARN: lambda, RotationRules: { AutomaticallyAfterDays: 1001 } },
        'ValidationException',
        /less than or equal to 1000/,
      ],
      [
        'a window in minutes',
        'none',
        { RotationLambdaARN: lambda, RotationRules: { AutomaticallyAfterDays: 1, Duration: '5m' } },
        'ValidationException',
        /Duration/,
      ],
      [
        'a secret that is not there',
        'nowhere',
        { RotationLambdaARN: lambda },
        'ResourceNotFoundException',
        /can't find the specified secret/,
      ],
    ] as const) {
      test(`${story} is refused, and nothing kept`, async () => {
        if (name === 'none') await create('none').catch(() => undefined)
        const fault = await faultOf(rotate(name, more))
        assert.equal(fault.code, code)
        assert.match(fault.message, message)
        if (name === 'none') assert.equal((await describeSecret('none')).RotationEnabled, undefined)
      })
    }

    test('there is nothing to cancel where no rotation was set', async () => {
      await create('plain')
      const fault = await faultOf(client.send(new sm.CancelRotateSecretCommand({ SecretId: 'plain' })))
      assert.equal(fault.code, 'InvalidRequestException')
    })
  })
}
