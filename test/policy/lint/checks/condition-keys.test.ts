/** Names of condition keys. */
import { describe, test } from 'node:test'
import { allow, type Row, requireFound } from '../find.ts'

const condition = (operator: string, key: string, value: unknown = 'x', name = 'notes:Read') =>
  allow({ Action: name, Condition: { [operator]: { [key]: value } } })

describe('condition keys', () => {
  const rows: readonly Row[] = [
    ['a key in any case', 'key-unknown', condition('StringEquals', 'AWS:principalTAG/Team'), false],
    [
      'a global key that is written wrong',
      'key-unknown',
      condition('StringEquals', 'aws:PrinciplaArn'),
      'aws:PrincipalArn',
    ],
    [
      'a tag under a key that is written wrong',
      'key-unknown',
      condition('StringEquals', 'aws:PrincipleTag/team'),
      'aws:PrincipalTag/team',
    ],
    [
      'a claim that Google’s people do not have here',
      'key-unknown',
      condition('StringEquals', 'accounts.google.com:hd'),
      true,
    ],
    [
      'a key of AWS’s service that Rolecall knows nothing of',
      'key-unknown',
      condition('StringEquals', 's3:prefix'),
      false,
    ],
    ['a key of one’s own', 'key-unknown', condition('StringEquals', 'notes:Color'), false],
    [
      'a claim of some issuer',
      'key-unknown',
      condition('StringEquals', 'id.example.com:4000/x:groups'),
      false,
    ],
    [
      'a tag whose name has a space',
      'key-form',
      condition('StringEquals', 'aws:PrincipalTag/cost center'),
      false,
    ],
    ['a wildcard for a tag’s name', 'key-form', condition('StringEquals', 'aws:PrincipalTag/*'), true],
    [
      'a variable for a tag’s name',
      'key-form',
      condition('StringEquals', 'aws:PrincipalTag/${aws:username}'),
      true,
    ],
    ['a key that nothing is before', 'key-form', condition('StringEquals', ':x'), true],
    [
      'a service’s key beside its own action',
      'key-of-other-service',
      condition('StringEquals', 'iam:PassedToService', 'x', 'iam:PassRole'),
      false,
    ],
    [
      'a service’s key beside every action',
      'key-of-other-service',
      condition('StringEquals', 'iam:PassedToService', 'x', '*'),
      false,
    ],
    [
      'a service’s key beside another’s action',
      'key-of-other-service',
      condition('StringEquals', 'iam:PassedToService', 'x', 'sts:AssumeRole'),
      true,
    ],
    [
      'a negated private address',
      'key-unpaired',
      condition('NotIpAddress', 'aws:VpcSourceIp', '10.0.0.1'),
      false,
    ],
    [
      'a prefix that is nearly a provider’s',
      'key-service-near',
      condition('StringEquals', 'account.google.com:aud'),
      'accounts.google.com:aud',
    ],
  ]
  for (const row of rows) test(`${row[0]}: ${row[1]} ${row[3]}`, () => requireFound('identity', row))
})
