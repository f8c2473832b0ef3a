/** Values that can be read, and yet mean something else. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type ConditionRow, find, requireFoundIn } from '../find.ts'

const team = 'aws:PrincipalTag/team'
const mfa = 'aws:MultiFactorAuthPresent'
const now = 'aws:CurrentTime'

describe('values', () => {
  const rows: readonly ConditionRow[] = [
    ['a star under StringLike', 'wildcard-as-text', { StringLike: { [team]: 'r*' } }, false],
    [
      'a question mark under StringNotEqualsIgnoreCase',
      'wildcard-as-text',
      { StringNotEqualsIgnoreCase: { [team]: 'r?' } },
      true,
    ],
    [
      'a star that is written as a character',
      'wildcard-as-text',
      { StringEquals: { [team]: 'r${*}' } },
      false,
    ],
    [
      'a star within a default',
      'wildcard-as-text',
      { StringEquals: { [team]: "${aws:userid, '*'}" } },
      false,
    ],
    ['a star under ArnLike', 'value-anything', { ArnLike: { 'aws:SourceArn': '*' } }, true],
    ['a question mark, which is one character', 'value-anything', { StringLike: { [team]: '?*' } }, false],
    [
      'a bare number for an account',
      'value-never-occurs',
      { StringEquals: { 'aws:SourceAccount': 123 } },
      true,
    ],
    [
      'a pattern for an account',
      'value-never-occurs',
      { StringLike: { 'aws:SourceAccount': '123*' } },
      false,
    ],
    [
      'a principal that is written wrong',
      'value-never-occurs',
      { StringEquals: { 'aws:PrincipalType': 'Role' } },
      true,
    ],
    [
      'a principal in another case',
      'value-never-occurs',
      { StringEqualsIgnoreCase: { 'aws:PrincipalType': 'assumedrole' } },
      false,
    ],
    [
      'a client of Amazon’s for its app',
      'value-never-occurs',
      { StringEquals: { 'www.amazon.com:app_id': 'amzn1.application-oa2-client.0123' } },
      true,
    ],
    [
      'an app of Amazon’s',
      'value-never-occurs',
      { StringEquals: { 'www.amazon.com:app_id': 'amzn1.application.0123' } },
      false,
    ],
    [
      'an address for a person of Amazon’s',
      'value-never-occurs',
      { StringEquals: { 'www.amazon.com:user_id': 'ada@example.com' } },
      true,
    ],
    [
      'a session name with a space',
      'value-never-occurs',
      { StringEquals: { 'sts:RoleSessionName': 'ada l' } },
      true,
    ],
    [
      'host bits of the later version',
      'address-host-bits',
      { IpAddress: { 'aws:SourceIp': '2001:db8::1/32' } },
      true,
    ],
    ['a block of one', 'address-host-bits', { IpAddress: { 'aws:SourceIp': '203.0.113.7/32' } }, false],
    [
      'a private address of the later version',
      'address-private',
      { IpAddress: { 'aws:SourceIp': 'fd00::/8' } },
      true,
    ],
    [
      'a private address within a network',
      'address-private',
      { IpAddress: { 'aws:VpcSourceIp': '10.0.0.0/8' } },
      false,
    ],
    [
      'every address of the later version',
      'address-anywhere',
      { NotIpAddress: { 'aws:SourceIp': '::/0' } },
      true,
    ],
    ['a year', 'date-as-seconds', { DateLessThan: { [now]: '2030' } }, true],
    [
      'seconds where there are seconds',
      'date-as-seconds',
      { DateLessThan: { 'aws:EpochTime': '1900000000' } },
      false,
    ],
    [
      'a deadline that has passed',
      'date-past',
      { DateLessThanEquals: { [now]: '2025-12-31T23:59:59Z' } },
      true,
    ],
    [
      'a deadline in seconds that has passed',
      'date-past',
      { NumericLessThan: { 'aws:EpochTime': '1700000000' } },
      true,
    ],
    [
      'a deadline that is yet to come',
      'date-past',
      { DateLessThan: { [now]: '2026-01-01T00:00:01Z' } },
      false,
    ],
    [
      'a date of something else',
      'date-past',
      { DateLessThan: { 'aws:TokenIssueTime': '2020-01-01' } },
      false,
    ],
    ['no values for a negation', 'values-empty', { StringNotEquals: { [team]: [] } }, true],
    [
      'a value in another case',
      'value-redundant',
      { StringEqualsIgnoreCase: { [team]: ['red', 'RED'] } },
      true,
    ],
    [
      'a value in another case where case counts',
      'value-redundant',
      { StringEquals: { [team]: ['red', 'RED'] } },
      false,
    ],
    ['a value within a pattern', 'value-redundant', { StringNotLike: { [team]: ['r*', 'red'] } }, true],
    [
      'a value within what is no pattern',
      'value-redundant',
      { StringEquals: { [team]: ['r*', 'red'] } },
      false,
    ],
    [
      'an address within a block',
      'value-redundant',
      { IpAddress: { 'aws:SourceIp': ['203.0.113.0/24', '203.0.113.7'] } },
      true,
    ],
    [
      'a block beside a block',
      'value-redundant',
      { IpAddress: { 'aws:SourceIp': ['203.0.113.0/25', '203.0.113.128/25'] } },
      false,
    ],
    [
      'an ARN within a pattern',
      'value-redundant',
      { ArnLike: { 'aws:SourceArn': ['arn:aws:notes:*:*:x', 'arn:aws:notes:eu-1::x'] } },
      true,
    ],
    [
      'an earlier deadline',
      'value-redundant',
      { DateLessThan: { [now]: ['2030-01-01', '2031-01-01'] } },
      true,
    ],
    [
      'a later beginning',
      'value-redundant',
      { DateGreaterThan: { [now]: ['2030-01-01', '2031-01-01'] } },
      true,
    ],
    [
      'two numbers of which one must fit',
      'value-redundant',
      { NumericEquals: { 'notes:Size': ['1', '2'] } },
      false,
    ],
    ['true, twice', 'value-redundant', { Bool: { [mfa]: ['true', true] } }, true],
  ]
  for (const row of rows) test(`${row[0]}: ${row[1]} ${row[3]}`, () => requireFoundIn(row))

  test('dates are not compared with today’s unless that is told', () => {
    const statement = {
      Effect: 'Allow',
      Action: 'a:b',
      Resource: '*',
      Condition: { DateLessThan: { [now]: '2020-01-01' } },
    }
    assert.deepEqual(find('date-past', 'identity', statement), [])
  })
})
