/** What conditions come to together. */
import { describe, test } from 'node:test'
import { type ConditionRow, requireFoundIn } from '../find.ts'

const team = 'aws:PrincipalTag/team'
const mfa = 'aws:MultiFactorAuthPresent'
const now = 'aws:CurrentTime'

describe('together', () => {
  const rows: readonly ConditionRow[] = [
    [
      'one value, wanted and excluded',
      'condition-contradiction',
      { StringEquals: { [team]: 'red' }, StringNotEquals: { [team]: 'red' } },
      true,
    ],
    [
      'one value, excluded in another case',
      'condition-contradiction',
      { StringEquals: { [team]: 'red' }, StringNotEqualsIgnoreCase: { [team]: 'RED' } },
      true,
    ],
    [
      'two values, of which one is excluded',
      'condition-contradiction',
      { StringEquals: { [team]: ['red', 'blue'] }, StringNotEquals: { [team]: 'red' } },
      false,
    ],
    [
      'one value, excluded where it may be absent',
      'condition-contradiction',
      { StringEqualsIfExists: { [team]: 'red' }, StringNotEquals: { [team]: 'red' } },
      false,
    ],
    [
      'one value of another key',
      'condition-contradiction',
      { StringEquals: { [team]: 'red' }, StringNotEquals: { 'aws:PrincipalTag/color': 'red' } },
      false,
    ],
    [
      'one key in two cases',
      'condition-contradiction',
      { StringEquals: { [team]: 'red', 'AWS:PrincipalTag/Team': 'blue' } },
      true,
    ],
    [
      'two lists with nothing in both, of a key with several values',
      'condition-contradiction',
      { StringEquals: { 'aws:TagKeys': 'red', 'AWS:TagKeys': 'blue' } },
      false,
    ],
    [
      'two lists with something in both',
      'condition-contradiction',
      { StringEquals: { [team]: ['red', 'green'], 'AWS:PrincipalTag/Team': ['green'] } },
      false,
    ],
    [
      'two variables, which may be the same',
      'condition-contradiction',
      { StringEquals: { [team]: '${aws:userid}', 'AWS:PrincipalTag/Team': '${aws:username}' } },
      false,
    ],
    [
      'an address and its block',
      'condition-contradiction',
      { IpAddress: { 'aws:SourceIp': '203.0.113.7' }, NotIpAddress: { 'aws:SourceIp': '203.0.113.7' } },
      true,
    ],
    [
      'absent, and equal to something',
      'condition-contradiction',
      { Null: { [team]: 'true' }, StringEquals: { [team]: 'red' } },
      true,
    ],
    [
      'absent, and equal to something if it is there',
      'condition-contradiction',
      { Null: { [team]: 'true' }, StringEqualsIfExists: { [team]: 'red' } },
      false,
    ],
    [
      'there, and not equal to something',
      'condition-contradiction',
      { Null: { [team]: 'false' }, StringNotEquals: { [team]: 'red' } },
      false,
    ],
    [
      'more than two and less than one',
      'condition-contradiction',
      { NumericGreaterThan: { 'aws:EpochTime': '2' }, NumericLessThan: { 'aws:EpochTime': '1' } },
      true,
    ],
    [
      'at least one and at most one',
      'condition-contradiction',
      { NumericGreaterThanEquals: { 'aws:EpochTime': '1' }, NumericLessThanEquals: { 'aws:EpochTime': '1' } },
      false,
    ],
    [
      'at least one and less than one',
      'condition-contradiction',
      { NumericGreaterThanEquals: { 'aws:EpochTime': '1' }, NumericLessThan: { 'aws:EpochTime': '1' } },
      true,
    ],
    [
      'after one of two days and before a day between',
      'condition-contradiction',
      { DateGreaterThan: { [now]: ['2030-01-01', '2032-01-01'] }, DateLessThan: { [now]: '2031-01-01' } },
      false,
    ],
    [
      'after a day and before an earlier one',
      'condition-contradiction',
      { DateGreaterThan: { [now]: '2031-01-01' }, DateLessThan: { [now]: '2030-01-01' } },
      true,
    ],
    ['true and false', 'condition-always', { Bool: { [mfa]: ['true', 'FALSE'] } }, true],
    ['true alone', 'condition-always', { Bool: { [mfa]: ['true'] } }, false],
    ['there, where it always is', 'condition-always', { Null: { [now]: 'false' } }, true],
    ['a Condition without an operator', 'condition-empty', {}, true],
  ]
  for (const row of rows) test(`${row[0]}: ${row[1]} ${row[3]}`, () => requireFoundIn(row))
})
