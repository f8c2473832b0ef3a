/** Operators, and the keys that they are given. */
import { describe, test } from 'node:test'
import { type ConditionRow, requireFoundIn } from '../find.ts'

const team = 'aws:PrincipalTag/team'
const mfa = 'aws:MultiFactorAuthPresent'
const now = 'aws:CurrentTime'

describe('in an Allow', () => {
  const rows: readonly ConditionRow[] = [
    ['a text operator on an ARN', 'operator-type', { StringLike: { 'aws:PrincipalArn': '*' } }, false],
    ['an ARN operator on a text', 'operator-type', { ArnLike: { 'aws:userid': '*' } }, true],
    ['an address operator on a text', 'operator-type', { IpAddress: { 'aws:UserAgent': '::1' } }, true],
    ['a text operator on yes or no', 'operator-type', { StringEquals: { [mfa]: 'true' } }, true],
    ['a number operator on a date', 'operator-type', { NumericEquals: { [now]: '1' } }, true],
    ['a number operator on seconds', 'operator-type', { NumericEquals: { 'aws:EpochTime': '1' } }, false],
    ['a date operator on seconds', 'operator-type', { DateEquals: { 'aws:EpochTime': '1' } }, false],
    ['any operator on a key of one’s own', 'operator-type', { DateEquals: { 'notes:Color': '1' } }, false],
    ['Null on anything', 'operator-type', { Null: { [now]: 'false' } }, false],
    [
      'ForAllValues on one value',
      'set-on-single-value',
      { 'ForAllValues:StringLike': { 'aws:userid': 'x' } },
      true,
    ],
    [
      'ForAllValues on a key of one’s own',
      'set-on-single-value',
      { 'ForAllValues:StringLike': { 'notes:Color': 'x' } },
      false,
    ],
    [
      'ForAllValues on a key of one’s own',
      'set-unguarded',
      { 'ForAllValues:StringLike': { 'notes:Color': 'x' } },
      true,
    ],
    [
      'ForAllValues with Null that wants it absent',
      'set-unguarded',
      { 'ForAllValues:StringLike': { 'aws:TagKeys': 'x' }, Null: { 'aws:TagKeys': 'true' } },
      true,
    ],
    [
      'ForAllValues with Null on another key',
      'set-unguarded',
      { 'ForAllValues:StringLike': { 'aws:TagKeys': 'x' }, Null: { [team]: 'false' } },
      true,
    ],
    [
      'ForAllValues with Null in another case',
      'set-unguarded',
      { 'ForAllValues:StringLike': { 'aws:TagKeys': 'x' }, Null: { 'AWS:tagkeys': false } },
      false,
    ],
    ['ForAnyValue on one value', 'set-needless', { 'ForAnyValue:StringLike': { 'aws:userid': 'x' } }, true],
    [
      'one operator on several values',
      'set-missing',
      { StringLike: { 'cognito-identity.amazonaws.com:amr': 'x' } },
      true,
    ],
    [
      'one operator on what may be several values',
      'set-missing',
      { StringEquals: { 'accounts.google.com:oaud': 'x' } },
      false,
    ],
    [
      'IfExists on a key that is always there',
      'if-exists-needless',
      { IpAddressIfExists: { 'aws:SourceIp': '203.0.113.7' } },
      true,
    ],
    [
      'IfExists behind ForAllValues',
      'if-exists-needless',
      { 'ForAllValues:StringEqualsIfExists': { 'aws:TagKeys': 'x' } },
      true,
    ],
    [
      'IfExists behind a negation, which says that it is meant',
      'if-exists-needless',
      { StringNotEqualsIfExists: { [team]: 'x' } },
      false,
    ],
    [
      'IfExists behind a negated ForAnyValue',
      'if-exists-needless',
      { 'ForAnyValue:StringNotEqualsIfExists': { 'aws:TagKeys': 'x' } },
      false,
    ],
    ['a negation on a key that may be absent', 'allow-without-key', { StringNotLike: { [team]: 'x' } }, true],
    [
      'a negation on a key that is always there',
      'allow-without-key',
      { NotIpAddress: { 'aws:SourceIp': '203.0.113.7' } },
      false,
    ],
    [
      'a negation on a key that every caller has',
      'allow-without-key',
      { ArnNotLike: { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/x' } },
      false,
    ],
    [
      'a negation with IfExists, which says that it is meant',
      'allow-without-key',
      { StringNotLikeIfExists: { [team]: 'x' } },
      false,
    ],
    ['MFA if there is a word on it', 'mfa-not-required', { BoolIfExists: { [mfa]: 'true' } }, true],
    ['MFA', 'mfa-not-required', { Bool: { [mfa]: 'true' } }, false],
  ]
  for (const row of rows) test(`${row[0]}: ${row[1]} ${row[3]}`, () => requireFoundIn(row))
})

describe('in a Deny', () => {
  const rows: readonly ConditionRow[] = [
    ['a key that may be absent', 'deny-skipped-without-key', { Bool: { 'aws:ViaAWSService': 'true' } }, true],
    [
      'a key that is always there',
      'deny-skipped-without-key',
      { Bool: { 'aws:SecureTransport': 'false' } },
      false,
    ],
    [
      'a key that every caller has',
      'deny-skipped-without-key',
      { ArnLike: { 'aws:PrincipalArn': '*' } },
      false,
    ],
    ['a negation', 'deny-skipped-without-key', { StringNotEquals: { [team]: 'x' } }, false],
    ['IfExists', 'deny-skipped-without-key', { StringEqualsIfExists: { [team]: 'x' } }, false],
    [
      'ForAllValues',
      'deny-skipped-without-key',
      { 'ForAllValues:StringEquals': { 'aws:TagKeys': 'x' } },
      false,
    ],
    [
      'ForAllValues on one value, which denies more',
      'set-on-single-value',
      { 'ForAllValues:StringEquals': { [team]: 'x' } },
      false,
    ],
    ['IfExists behind a negation', 'if-exists-needless', { StringNotEqualsIfExists: { [team]: 'x' } }, true],
    ['no MFA', 'mfa-not-required', { Bool: { [mfa]: 'false' } }, true],
    ['no MFA, or no word on it', 'mfa-not-required', { BoolIfExists: { [mfa]: 'false' } }, false],
  ]
  for (const row of rows) test(`${row[0]}: ${row[1]} ${row[3]}`, () => requireFoundIn(row, 'Deny'))

  test('a resource’s policy is also asked by strangers, who have no ARN', () => {
    const conditions = { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::123456789012:role/x' } }
    requireFoundIn(['', 'deny-skipped-without-key', conditions, true], 'Deny', 'resource')
  })
})
