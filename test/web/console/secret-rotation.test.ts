import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Response } from 'express'
import { type ActionName, CallRefused } from '../../../server/aws/act-as.ts'
import type { Result } from '../../../server/aws/action.ts'
import { Refusal } from '../../../server/base/refusal.ts'
import { secretsFaults } from '../../../server/secrets/faults.ts'
import { createSecretsService } from '../../../server/secrets/service.ts'
import type { Visit } from '../../../server/web/console/console-session.ts'
import { findHistory } from '../../../server/web/console/secrets/rotation-history.ts'
import { rotationOffer } from '../../../server/web/console/secrets/rotation-routes.ts'
import { secretIn } from '../../../server/web/console/secrets/secret-answers.ts'
import { createPages } from '../../../server/web/pages.ts'
import { pathOf, plainOf, startSecretPages } from '../../support/secret-pages.ts'

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

describe('the pages of the service as it is', () => {
  const { actions } = createSecretsService({} as Parameters<typeof createSecretsService>[0])

  test('offer to rotate exactly if there is an action for it, and do nothing else', async () => {
    const service = await startSecretPages()
    const id = await service.make('rotated')
    const secretId = id.split(':secret:')[1] ?? ''
    const rotation = { enabled: true, lambdaArn: `${rotator}-that-is-not-there`, afterDays: 30 }
    await service.rolecall.store.secrets.change(secretId, () => ({ rotation }))
    const { text, plain: said } = await service.see(pathOf('secret', id))
    assert.match(said, /Rotation on When every 30 days/)
    assert.equal(text.includes('Rotate now'), actions.has('RotateSecret'))
    assert.equal(text.includes('Turn rotation off'), actions.has('CancelRotateSecret'))
    assert.equal(text.includes('How it went'), actions.has('ListSecretRotations'))
    const { status } = await service.send('rotate', { id })
    assert.equal(status, 400)
    const cancelled = await service.send('cancel', { id })
    assert.equal(cancelled.status, actions.has('CancelRotateSecret') ? 303 : 400)
    const { RotationEnabled } = await service.described(id)
    assert.equal(RotationEnabled, !actions.has('CancelRotateSecret'))
  })
})
