import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import type { Response } from 'express'
import { type ActionName, CallRefused } from '../../../server/aws/act-as.ts'
import type { Result } from '../../../server/aws/action.ts'
import { Refusal } from '../../../server/base/refusal.ts'
import { secretsFaults } from '../../../server/secrets/faults.ts'
import type { Visit } from '../../../server/web/console/console-session.ts'
import { findHistory } from '../../../server/web/console/secrets/rotation-history.ts'
import { rotationOffer } from '../../../server/web/console/secrets/rotation-routes.ts'
import { secretIn } from '../../../server/web/console/secrets/secret-answers.ts'
import { createPages } from '../../../server/web/pages.ts'
import { createAlternatingDatabase, createAlternatingRotator } from '../../support/alternating-database.ts'
import { pathOf, plainOf, startSecretPages } from '../../support/secret-pages.ts'
import { until } from '../../support/until.ts'

const arn = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-abcdef'
const rotator = 'arn:aws:lambda:us-east-1:123456789012:function:rolecall-postgres'
const answer: Result = {
  ARN: arn,
  Name: 'db',
  RotationEnabled: true,
  RotationLambdaARN: rotator,
  RotationRules: { AutomaticallyAfterDays: 30, Duration: '3h' },
  LastRotatedDate: Date.parse('2026-10-30T03:10:00Z') / 1000,
  NextRotationDate: Date.parse('2026-11-29T23:59:59Z') / 1000,
  VersionIdsToStages: {},
}
const turns: Result[] = [
  {
    Kind: 'rotation',
    State: 'failing',
    Step: 'setSecret',
    Attempts: 3,
    Reason: 'the <database> said no',
    StartedDate: 1,
  },
  { Kind: 'test', State: 'succeeded', Step: 'testSecret', Attempts: 1, StartedDate: 1, EndedDate: 61 },
  { Kind: 'rotation', State: 'abandoned', StartedDate: 1, EndedDate: 2 },
]

/** A visit to a service that has these actions. */
function visitOf(actions: readonly string[], respond: () => Result = () => ({ Rotations: turns })): Visit {
  return {
    role: { name: 'operator', arn: '' },
    arn: '',
    endsAtMs: 0,
    offers: action => actions.includes(action),
    call: async () => respond(),
  }
}
const all = ['RotateSecret', 'CancelRotateSecret', 'ListSecretRotations'].map(
  name => `secretsmanager:${name}`,
)

/** The page of the secret, as the visitor reads it. */
async function pageFor(visit: Visit, more: Result = {}): Promise<string> {
  const pages = createPages({ publicUrl: 'http://localhost', demo: false }, false, new Map())
  const secret = secretIn({ ...answer, ...more })
  let html = ''
  const response = {
    status: () => response,
    set: () => response,
    type: () => response,
    send: (sent: string) => (html = sent),
  }
  await pages.render(response as unknown as Response, 'console/secrets/secret', {
    title: 'db',
    notice: undefined,
    acting: { role: visit.role, arn: '', ends: { iso: '', text: '' } },
    secret,
    link: (part: string) => pathOf(part, arn),
    currentId: undefined,
    versions: { found: [], next: undefined },
    isFirst: true,
    history: await findHistory(visit, arn),
    offer: rotationOffer(visit, secret),
  })
  return html.replaceAll('<wbr>', '')
}

describe('the rotation of a secret', () => {
  test('is shown with its rules, its next and its last time', async () => {
    const said = plainOf(await pageFor(visitOf([])))
    assert.match(
      said,
      /on When every 30 days, within 3h Next by 29 Nov 2026, 23:59 UTC Last 30 Oct 2026, 03:10 UTC By arn:aws:lambda/,
    )
    const scheduled = await pageFor(visitOf([]), { RotationRules: { ScheduleExpression: 'rate(10 days)' } })
    assert.match(plainOf(scheduled), /When rate\(10 days\) Next/)
    const off = await pageFor(visitOf([]), { RotationEnabled: false, NextRotationDate: undefined })
    assert.match(plainOf(off), /turned off .* Next none is due/)
  })

  test('is offered where the service can do it, and its history is told', async () => {
    const html = await pageFor(visitOf(all))
    const said = plainOf(html)
    assert.match(said, /Rotate now Turn rotation off/)
    assert.match(
      said,
      /failing, and tried again the <database> said no Not over yet, last step setSecret , 3 tries/,
    )
    assert.match(
      said,
      /succeeded a test Ended 1 Jan 1970, 00:01 UTC , last step testSecret , at the first try/,
    )
    assert.match(said, /given up/)
    assert.ok(!html.includes('<database>'))
    const off = plainOf(await pageFor(visitOf(all), { RotationEnabled: false }))
    assert.ok(off.includes('Turn it on, and rotate now') && !off.includes('Turn rotation off'))
    assert.match(plainOf(await pageFor(visitOf(all, () => ({ Rotations: [] })))), /It was not rotated yet/)
  })

  test('is not offered for a secret that has no rotator, or is to be deleted', async () => {
    for (const more of [{ RotationEnabled: undefined, RotationLambdaARN: undefined }, { DeletedDate: 1 }]) {
      assert.doesNotMatch(plainOf(await pageFor(visitOf(all), more)), /otate now|Turn rotation off/)
    }
  })

  test('whose history may not be read is shown without it, with a line in its place', async () => {
    const said = { principal: 'somebody', action: all[2] ?? '', resource: arn, why: 'because' }
    const visit = visitOf(all, () => {
      throw new CallRefused(all[2] as ActionName, new Refusal('access.denied', { said }), {
        name: 'secretsmanager',
        target: 'secretsmanager',
        actions: new Map(),
        faults: secretsFaults,
      })
    })
    assert.match(
      plainOf(await pageFor(visit)),
      /Left out, since it is not allowed: somebody may not do secretsmanager:ListSecretRotations/,
    )
  })
})

describe('by the buttons of the page', async () => {
  const database = createAlternatingDatabase()
  const rotators = new Map([['rolecall-alternating', createAlternatingRotator(database)]])
  const service = await startSecretPages({ rotators })
  const { see, send, make, described, rowsOf, root, caller } = service
  const lambda = `arn:aws:lambda:us-east-1:${service.accountId}:function:rolecall-alternating`

  test('a secret is rotated, its history tells so, and rotation is turned off and on again', async () => {
    const value = database.add('page')
    const id = await make('rotated', { SecretString: value })
    const RotationRules = { AutomaticallyAfterDays: 30 }
    await root.send(
      new RotateSecretCommand({
        SecretId: id,
        RotationLambdaARN: lambda,
        RotationRules,
        RotateImmediately: false,
      }),
    )
    const page = async () => (await see(pathOf('secret', id))).plain
    await until(async () => /succeeded a test/.test(await page()))
    assert.match(await page(), /Rotation on When every 30 days .* Rotate now Turn rotation off/)

    const { sentTo = '' } = await send('rotate', { id })
    assert.match((await see(sentTo)).plain, /The rotation is begun\./)
    await until(async () => /How it went \S+ \S+ \S+ \S+ UTC succeeded Ended/.test(await page()))
    const { SecretString } = await service.valueIn(id)
    assert.ok(SecretString !== value && database.accepts(SecretString))
    assert.ok(rowsOf('RotateSecret', id).some(row => row.caller_arn === caller))

    const cancelled = await send('cancel', { id })
    assert.match(
      (await see(cancelled.sentTo ?? '')).plain,
      /Rotation is turned off\..*turned off When.*Turn it on, and rotate now/,
    )
    assert.equal((await described(id)).RotationEnabled, false)
    assert.deepEqual(
      rowsOf('CancelRotateSecret', id).map(row => row.caller_arn),
      [caller],
    )
    await send('rotate', { id })
    assert.equal((await described(id)).RotationEnabled, true)
  })

  test('a secret without a rotator is not rotated, and the page says why', async () => {
    const { status, plain: said } = await send('rotate', { id: await make('without') })
    assert.equal(status, 400)
    assert.match(said, /No Lambda rotation function ARN is associated with this secret/)
  })
})
