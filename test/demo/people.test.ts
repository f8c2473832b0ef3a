import assert from 'node:assert/strict'
import test from 'node:test'
import { demoPeople, findPerson } from '../../server/demo/people.ts'

test('every person has ids of the shape that the real providers give, and no two share one', () => {
  for (const person of demoPeople) {
    assert.match(person.key, /^[a-z]+$/)
    assert.match(person.googleSub, /^\d{21}$/)
    assert.match(person.facebookId, /^\d{17}$/)
    assert.match(person.email, /@example\.(com|net|org)$/)
  }
  const unique = (of: (person: (typeof demoPeople)[number]) => string) => new Set(demoPeople.map(of)).size
  for (const size of [unique(p => p.key), unique(p => p.googleSub), unique(p => p.facebookId)]) {
    assert.equal(size, demoPeople.length)
  }
})

test('somebody has an address that was never verified', () => {
  assert.equal(findPerson('mateo')?.emailVerified, false)
  assert.equal(findPerson('nobody'), undefined)
})
