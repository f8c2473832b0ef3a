import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultIn, resultIn } from '../support/post-form.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'
import { actionName, createAsker } from './web-identity-form.ts'

const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const trust = trusting(rolecall.accountId, issuer)
const most = { MaxSessionDuration: 43_200 }
const patient = createAsker(rolecall, issuer, await rolecall.createRole('patient', trust, most))
const hourly = createAsker(rolecall, issuer, await rolecall.createRole('hourly', trust))

const overMaximum = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
const outOfRange = (value: string, constraint: string) =>
  `1 validation error detected: Value '${value}' at 'durationSeconds' failed to satisfy constraint: ${constraint}`
const atLeast = 'Member must have value greater than or equal to 900'
const atMost = 'Member must have value less than or equal to 43200'

for (const [story, ask, changes, seconds] of [
  ['900 seconds, the shortest there is', patient, { DurationSeconds: '900' }, 900],
  ['43200 seconds, the longest there is', patient, { DurationSeconds: '43200' }, 43_200],
  ['the role’s maximum', hourly, { DurationSeconds: '3600' }, 3600],
  ['an hour where nothing is said, however much the role allows', patient, {}, 3600],
] as const) {
  test(`a session lasts ${story}`, async () => {
    const before = Math.floor(Date.now() / 1000)
    const answer = await ask(changes)
    const { Expiration } = Object(resultIn(actionName, answer).Credentials)
    const lasts = Date.parse(Expiration) / 1000 - before
    assert.ok(lasts >= seconds && lasts <= seconds + Math.ceil(Date.now() / 1000) - before, String(lasts))
  })
}

for (const [story, ask, value, message] of [
  ['899 seconds', patient, '899', outOfRange('899', atLeast)],
  ['43201 seconds', patient, '43201', outOfRange('43201', atMost)],
  ['less than nothing', patient, '-900', outOfRange('-900', atLeast)],
  ['a second more than the role allows', hourly, '3601', overMaximum],
  ['as much as there is, of a role that allows an hour', hourly, '43200', overMaximum],
  [
    'more than there is, of a role that allows an hour: the range is told first',
    hourly,
    '43201',
    outOfRange('43201', atMost),
  ],
] as const) {
  test(`${story} is refused`, async () => {
    const fault = faultIn(await ask({ DurationSeconds: value }))
    assert.deepEqual(fault, { code: 'ValidationError', status: 400, message, type: 'Sender' })
  })
}

for (const value of ['', '1e3', '3600.0', '0x0e10', '+3600', ' 3600', '３６００', '36000000000000000000']) {
  test(`a duration written as "${value}" is no number that is guessed at`, async () => {
    const { code, status } = faultIn(await patient({ DurationSeconds: value }))
    assert.deepEqual([code, status], ['ValidationError', 400])
  })
}

test('the range is checked before the token, and the role’s maximum after its trust', async () => {
  const forged = { WebIdentityToken: `${issuer.sign().slice(0, -6)}AAAAAA` }
  const nobody = { WebIdentityToken: issuer.sign({ sub: 'nobody' }) }
  const picky = { StringNotEquals: { [`${issuer.url.replace('http://', '')}:sub`]: 'nobody' } }
  const role = await rolecall.createRole('picky', trusting(rolecall.accountId, issuer, picky))
  const ask = createAsker(rolecall, issuer, role)
  for (const [changes, code] of [
    [{ ...forged, DurationSeconds: '43201' }, 'ValidationError'],
    [{ ...forged, DurationSeconds: '7200' }, 'InvalidIdentityToken'],
    [{ ...nobody, DurationSeconds: '7200' }, 'AccessDenied'],
    [{ DurationSeconds: '7200' }, 'ValidationError'],
  ] as const) {
    // Whoever the role does not trust learns nothing of it, such as its maximum.
    assert.equal(faultIn(await ask(changes)).code, code)
  }
})
