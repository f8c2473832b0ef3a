import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AndFilter, EqualityFilter, FilterParser, OrFilter } from 'ldapts'
import { fillFilter } from '../../server/directory/fill-filter.ts'
import { usualFilters } from '../../server/directory/settings.ts'

/** What the directory is asked: the filter as the library reads it. */
function asked(username: string) {
  const filter = FilterParser.parseString(fillFilter(usualFilters.ldap.personFilter, { username }))
  assert.ok(filter instanceof AndFilter)
  const [kind, name] = filter.filters
  assert.ok(kind instanceof EqualityFilter && name instanceof OrFilter && filter.filters.length === 2)
  return name.filters.map(one => {
    assert.ok(one instanceof EqualityFilter, `${one.constructor.name} in the place of an equality`)
    return [one.attribute, String(one.value)]
  })
}

for (const name of [
  '*',
  'a*',
  '*)(uid=*',
  'ada)(|(uid=*',
  'x))(|(a=b',
  '\\2a',
  'ada\0',
  '(',
  ')',
  '\\',
  '{username}',
  '{dn}',
  'zoë (ops)',
]) {
  test(`${JSON.stringify(name)} is a name, and nothing of the filter (LDAP injection)`, () => {
    assert.deepEqual(asked(name), [
      ['uid', name],
      ['mail', name],
    ])
  })
}

test('no name at all changes what is asked', () => {
  const names = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
  const signs = fc.string({ unit: fc.constantFrom(...'()*\\&|!=<>~:0a {}'), minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fc.oneof(names, signs), name => {
      const [first] = asked(name)
      assert.deepEqual(first, ['uid', name])
    }),
  )
})

test('a group’s name goes into the rule that walks chains as it is', () => {
  const dn = 'CN=Zoë\\, (Ops) *,OU=Groups,DC=example'
  const filter = FilterParser.parseString(fillFilter(usualFilters.ad.groupFilter, { dn }))
  assert.ok(filter instanceof AndFilter)
  assert.equal((filter.filters[1] as { value?: string }).value, dn)
})
