import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accountState } from '../../server/directory/account-state.ts'
import { readEntry } from '../../server/directory/entry.ts'
import { guidBytes, guidText, primaryGroupSid } from '../../server/directory/object-id.ts'

const nowMs = Date.parse('2026-03-01T12:00:00Z')
/** In 100 ns since 1601. */
const fileTime = (ms: number) => String((BigInt(ms) + 11_644_473_600_000n) * 10_000n)
const usual = {
  userAccountControl: '512',
  accountExpires: '9223372036854775807',
  pwdLastSet: '133000000000000000',
}

for (const [story, more, state] of [
  ['as usual', {}, 'active'],
  ['that never expires by 0', { accountExpires: '0' }, 'active'],
  ['that expires in an hour', { accountExpires: fileTime(nowMs + 3_600_000) }, 'active'],
  ['that expired this moment', { accountExpires: fileTime(nowMs) }, 'expired'],
  ['that is disabled', { userAccountControl: '514' }, 'disabled'],
  ['whose flags may not be read', { userAccountControl: [] }, 'disabled'],
  ['that is locked', { 'msDS-User-Account-Control-Computed': '16' }, 'locked'],
  ['whose password is too old', { 'msDS-User-Account-Control-Computed': '8388608' }, 'passwordMustChange'],
  ['whose password must be changed', { pwdLastSet: '0' }, 'passwordMustChange'],
  [
    'that is disabled and locked',
    { userAccountControl: '514', 'msDS-User-Account-Control-Computed': '16' },
    'disabled',
  ],
  [
    'whose password must be changed, and that is locked',
    { pwdLastSet: '0', 'msDS-User-Account-Control-Computed': '16' },
    'passwordMustChange',
  ],
] as const) {
  test(`an account of Active Directory ${story} is ${state}`, () => {
    const entry = readEntry({ dn: 'cn=a', ...usual, ...(structuredClone(more) as object) })
    assert.equal(accountState(entry, 'ad', nowMs), state)
  })
}

for (const [story, more, state] of [
  ['as usual', {}, 'active'],
  ['that its operator locked', { pwdAccountLockedTime: '000001010000Z' }, 'disabled'],
  ['that was locked for a time', { pwdAccountLockedTime: '20260301115900Z' }, 'active'],
  ['whose password was reset', { pwdReset: 'TRUE' }, 'passwordMustChange'],
  ['that ended this moment', { pwdEndTime: '20260301120000Z' }, 'expired'],
  ['that ends in a second', { pwdEndTime: '20260301120001Z' }, 'active'],
  ['that ended this minute', { pwdEndTime: '202603011200Z' }, 'expired'],
  ['that ends in a minute', { pwdEndTime: '202603011201Z' }, 'active'],
  ['that ended this hour', { pwdEndTime: '2026030112Z' }, 'expired'],
  ['that ended this moment, east of here', { pwdEndTime: '20260301140000+0200' }, 'expired'],
  ['that ends in a second, west of here', { pwdEndTime: '20260301070001-05' }, 'active'],
  ['that ended a fraction of a second ago', { pwdEndTime: '20260301115959,5Z' }, 'expired'],
  ['that 389 Directory Server locked', { nsaccountlock: 'true' }, 'disabled'],
] as const) {
  test(`an account elsewhere ${story} is ${state}`, () => {
    assert.equal(accountState(readEntry({ dn: 'uid=a', ...more }), 'ldap', nowMs), state)
  })
}

test('an identifier of Active Directory is written as its own tools write it', () => {
  const bytes = Buffer.from('00112233445566778899aabbccddeeff', 'hex')
  assert.equal(guidText(bytes), '33221100-5544-7766-8899-aabbccddeeff')
  assert.deepEqual(guidBytes('33221100-5544-7766-8899-aabbccddeeff'), bytes)
  assert.equal(guidText(bytes.subarray(1)), undefined)
})

test('the primary group has the person’s own security identifier, but for its end', () => {
  const own = Buffer.from('010500000000000515000000112233445566778899aabbcc55040000', 'hex')
  assert.equal(
    primaryGroupSid(own, '513')?.toString('hex'),
    '010500000000000515000000112233445566778899aabbcc01020000',
  )
  assert.equal(primaryGroupSid(own, undefined), undefined)
  assert.equal(primaryGroupSid(Buffer.alloc(0), '513'), undefined)
})
