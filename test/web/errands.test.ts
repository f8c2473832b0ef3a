import assert from 'node:assert/strict'
import { test } from 'node:test'
import { beginErrand, noteDeparture, takeErrand } from '../../server/web/errands.ts'
import { person } from '../federation/compose-gate.ts'

const nowMs = 1_700_000_000_000
const way = '/sign-in/corp'

/** A session that left for another way in a minute ago. */
function leftSession(): Parameters<typeof takeErrand>[0] {
  const session: Parameters<typeof takeErrand>[0] = { identity: person() }
  beginErrand(session, { purpose: 'link' }, () => nowMs - 60_000)
  Object.assign(session.errand ?? {}, { leftBy: way })
  return session
}
const take = (authenticatedAtSeconds?: number, by = way) => {
  const session = leftSession()
  const came = authenticatedAtSeconds === undefined ? {} : { authenticatedAtSeconds }
  return { session, purpose: takeErrand(session, by, came, () => nowMs)?.purpose }
}

for (const [story, secondsAgo] of [
  ['just now', 0],
  ['four minutes before the errand, by clocks that may differ', 5 * 60],
  ['never, as far as it says', undefined],
] as const) {
  test(`a provider that asked who they are ${story} ends the errand`, () => {
    const at = secondsAgo === undefined ? undefined : nowMs / 1000 - secondsAgo
    assert.equal(take(at).purpose, 'link')
  })
}

test('one that did so an hour ago does not: it was told to ask anew', () => {
  const session = leftSession()
  assert.throws(
    () => takeErrand(session, way, { authenticatedAtSeconds: nowMs / 1000 - 3_600 }, () => nowMs),
    {
      reason: 'signIn.failed',
    },
  )
  assert.notEqual(session.errand, undefined, 'the page that they come back to must know what failed')
})

test('an ordinary sign-in by another way asks for nothing of the kind', () => {
  const { session, purpose } = take(nowMs / 1000 - 3_600, '/sign-in/google')
  assert.equal(purpose, undefined)
  assert.equal(session.errand, undefined, 'and the errand is over, also where that sign-in fails afterwards')
})

for (const [story, address, isOver] of [
  ['begins a sign-in by the same way', '/corp', true],
  ['begins one by another way', '/google', true],
  ['begins one and looks like an answer', '/corp?state=x', true],
  ['begins one with another errand', '/corp?errand=x', true],
  ['begins one at a SAML provider by the name of an answer', '/saml/callback?state=x', true],
  ['asks for the form of a directory', '/directory?state=x', true],
  ['brings the provider’s answer', '/corp/callback?code=x&state=x', false],
  ['brings its no', '/corp/callback?error=access_denied&state=x', false],
  ['brings the answer that was posted', '/arrived?state=x', false],
] as const) {
  test(`an errand that was left for is ${isOver ? 'over' : 'still on'} where the browser ${story}`, () => {
    const session = leftSession()
    const [path = ''] = address.split('?')
    const request = { method: 'GET', url: address, baseUrl: '/sign-in', path, session }
    noteDeparture(request as never, {} as never, () => {})
    assert.equal(session.errand === undefined, isOver)
  })
}
