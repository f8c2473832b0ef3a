import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { dnKey, leadingValue } from '../../server/directory/distinguished-name.ts'

for (const [story, one, other] of [
  ['case', 'CN=Developers,OU=Groups,DC=example', 'cn=developers,ou=groups,dc=EXAMPLE'],
  ['blanks around signs', 'cn=a,ou=b', ' cn = a , ou=b '],
  ['blanks within a value', 'cn=a  b', 'cn=a b'],
  ['an escape by its letter and by its bytes', 'cn=Smith\\, J,ou=b', 'cn=Smith\\2C J,ou=b'],
  [
    'a name in another script by letters and by bytes',
    'cn=Zoë,ou=Мир',
    'cn=Zo\\C3\\AB,ou=\\D0\\9C\\D0\\B8\\D1\\80',
  ],
  ['case in another script', 'cn=ÄÖÜ МИР', 'cn=äöü мир'],
  ['the order within a name of two parts', 'cn=a+uid=b,ou=c', 'UID=b+CN=a,ou=c'],
  ['a type by its number', '2.5.4.3=a,2.5.4.11=b', 'cn=a,ou=b'],
  ['an escaped blank at the end, which is no part of how values compare', 'cn=a\\ ,ou=b', 'cn=a,ou=b'],
] as const) {
  test(`two names are the same but for ${story}`, () => {
    assert.notEqual(dnKey(one), undefined)
    assert.equal(dnKey(one), dnKey(other))
  })
}

for (const [story, one, other] of [
  ['a comma in a value and a comma between names', 'cn=a\\,ou=b', 'cn=a,ou=b'],
  ['an equals sign in a value', 'cn=a\\=b', 'cn=a,b=b'],
  ['a plus in a value and between parts', 'cn=a\\+uid=b', 'cn=a+uid=b'],
  ['a backslash in front of a comma', 'cn=a\\\\,ou=b', 'cn=a\\,ou=b'],
  ['letters that only resemble each other', 'cn=Straße', 'cn=Strasse'],
  ['a ligature', 'cn=ﬁnance', 'cn=finance'],
  ['an accent within its letter and behind it', 'cn=Zo\u00eb', 'cn=Zoe\u0308'],
  ['the Kelvin sign and a K', 'cn=\u212aadmins', 'cn=kadmins'],
  ['the Ohm sign and an omega', 'cn=\u2126', 'cn=\u03c9'],
  ['a capital I with a dot, and a small one with two', 'cn=\u0130', 'cn=i\u0307'],
  ['a long s', 'cn=u\u017fers', 'cn=users'],
  ['an i without its dot', 'cn=adm\u0131ns', 'cn=admins'],
  ['a blank that is none', 'cn=domain\u00a0admins', 'cn=domain admins'],
  ['a tab', 'cn=domain\\09admins', 'cn=domain admins'],
  ['a blank at the end that is none', 'cn=admins\u3000', 'cn=admins'],
  ['order', 'cn=a,cn=b', 'cn=b,cn=a'],
  ['depth', 'cn=a,ou=b', 'cn=a'],
] as const) {
  test(`two names are not the same when they differ in ${story}`, () => {
    assert.notEqual(dnKey(one), undefined)
    assert.notEqual(dnKey(one), dnKey(other))
  })
}

for (const text of [
  '',
  ' ',
  'developers',
  'cn',
  '=a',
  'cn=a,',
  'cn=a,,ou=b',
  ',cn=a',
  'c n=a',
  'cn=a\\',
  'cn=\\FF',
  '1.=a',
]) {
  test(`${JSON.stringify(text)} is no distinguished name`, () => assert.equal(dnKey(text), undefined))
}

test('the value in front is told without its escapes', () => {
  assert.equal(leadingValue('CN=Smith\\, J\\C3\\B6rg,OU=b'), 'Smith, Jörg')
})

const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }).filter(text => text.trim() !== '')
const escapeAll = (text: string) =>
  [...Buffer.from(text)].map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join('')
const escapeFew = (text: string) =>
  text
    .replace(/[\\,+"<>;=#]/g, '\\$&')
    .replace(/^ | $/g, '\\ ')
    .replaceAll('\0', '\\00')

test('every value comes back as it was, however it was escaped', () => {
  fc.assert(
    fc.property(value, text => {
      for (const spell of [escapeAll, escapeFew]) {
        const [found, wanted] = [leadingValue(`cn=${spell(text)},ou=x`), text.toWellFormed()]
        assert.equal(found?.trim(), wanted.trim())
      }
    }),
  )
})

test('two values have one key only when they are the same but for case and blanks', () => {
  const small = (letter: string) =>
    letter.toLowerCase().toUpperCase() === letter ? letter.toLowerCase() : letter
  const plain = (text: string) =>
    [...text.toWellFormed()]
      .map(small)
      .join('')
      .replace(/^ +| +$/g, '')
      .replace(/ +/g, ' ')
  fc.assert(
    fc.property(value, value, (one, other) => {
      const [first, second] = [dnKey(`cn=${escapeAll(one)}`), dnKey(`cn=${escapeAll(other)}`)]
      assert.equal(first === second, plain(one) === plain(other))
    }),
  )
})
