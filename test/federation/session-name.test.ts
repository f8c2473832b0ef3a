import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sessionNameFor } from '../../server/federation/session-name.ts'
import { person } from './compose-gate.ts'

const anything = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: 'grapheme', maxLength: 100 }),
  fc.stringMatching(/^[-@. ]{0,80}$/),
)

test('whatever somebody is called, their session has a name that AWS takes', () => {
  fc.assert(
    fc.property(anything, fc.option(anything), fc.option(anything), (subject, email, displayName) => {
      const name = sessionNameFor(
        person({
          subject,
          ...(email === null ? {} : { email }),
          ...(displayName === null ? {} : { displayName }),
        }),
      )
      assert.match(name, /^[\w+=,.@-]{2,64}$/)
    }),
    { numRuns: 2_000 },
  )
})

for (const [story, who, expected] of [
  ['by their address', { email: 'ada@example.com', displayName: 'Ada' }, 'ada@example.com'],
  ['by their name without an address', { displayName: 'Ada Lindqvist' }, 'Ada-Lindqvist'],
  ['by their subject without either', { subject: 'auth0|1234' }, 'auth0-1234'],
  ['without accents', { displayName: 'Mateo Núñez Peña' }, 'Mateo-Nunez-Pena'],
  ['with what is left of an apostrophe', { displayName: "Amara O'Connor-Nwosu" }, 'Amara-O-Connor-Nwosu'],
  ['by their subject when nothing is left of the name', { displayName: 'Оксана', subject: '1234' }, '1234'],
  ['by their subject when one letter is left', { displayName: '—A—', subject: '1234' }, '1234'],
  ['anonymous when nothing is left of anything', { displayName: '☠', subject: '|' }, 'anonymous'],
  ['by 64 characters at most', { email: `${'a'.repeat(70)}@example.com` }, 'a'.repeat(64)],
  ['without a way out of a path or an ARN', { displayName: '../role/admin:x' }, '..-role-admin-x'],
] as const) {
  test(`a session is named ${story}`, () => {
    assert.equal(sessionNameFor(person(who)), expected)
  })
}
