/** ARNs, and whether what has them fits the actions. */
import { describe, test } from 'node:test'
import { allow, type Row, requireFound } from '../find.ts'

const resource = (arn: string, name = 'iam:GetRole') => allow({ Action: name, Resource: arn })
const condition = (operator: string, key: string, value: unknown = 'x', name = 'notes:Read') =>
  allow({ Action: name, Condition: { [operator]: { [key]: value } } })

describe('ARNs', () => {
  const rows: readonly Row[] = [
    ['a star', 'arn-incomplete', resource('*'), false],
    ['a star with something behind it', 'arn-incomplete', resource('*role'), true],
    ['one that ends early', 'arn-incomplete', resource('arn:aws:iam::123456789012'), true],
    ['one that ends early in a star', 'arn-incomplete', resource('arn:aws:s3*', 's3:GetObject'), true],
    [
      'what a condition compares an ARN with',
      'arn-incomplete',
      condition('ArnLike', 'aws:SourceArn', 'notes/7'),
      true,
    ],
    [
      'what a condition compares a text with',
      'arn-incomplete',
      condition('StringLike', 'aws:SourceArn', 'notes/7'),
      false,
    ],
    ['a partition that is written wrong', 'arn-partition', resource('arn:asw:s3:::x', 's3:GetObject'), 'aws'],
    [
      'a partition of AWS’s with a service of AWS’s',
      'arn-partition',
      resource('arn:aws-cn:s3:::x', 's3:GetObject'),
      false,
    ],
    ['any partition', 'arn-partition', resource('arn:*:iam::123456789012:role/x'), false],
    [
      'a service that is written wrong',
      'arn-service',
      resource('arn:aws:secretmanager:eu-1:123456789012:secret:x', 'a:b'),
      'secretsmanager',
    ],
    ['no service', 'arn-service', resource('arn:aws::::x', 'a:b'), true],
    ['a service of one’s own', 'arn-service', resource('arn:aws:notes:::x', 'notes:Read'), false],
    ['any region, where there is none', 'arn-region', resource('arn:aws:iam:*:123456789012:role/x'), false],
    [
      'no region, where there always is one',
      'arn-region',
      resource('arn:aws:secretsmanager::123456789012:secret:x', 'secretsmanager:DescribeSecret'),
      true,
    ],
    ['a region of a bucket', 'arn-region', resource('arn:aws:s3:eu-1::x', 's3:GetObject'), true],
    [
      'a region of a service of one’s own',
      'arn-region',
      resource('arn:aws:notes:mars-1::x', 'notes:Read'),
      false,
    ],
    ['no account, where there always is one', 'arn-account', resource('arn:aws:iam:::role/x'), true],
    [
      'an account of eleven digits',
      'arn-account',
      resource('arn:aws:notes::12345678901:x', 'notes:Read'),
      true,
    ],
    ['an account with a wildcard', 'arn-account', resource('arn:aws:iam::12345678901?:role/x'), false],
    ['an account of a bucket', 'arn-account', resource('arn:aws:s3::123456789012:x', 's3:GetObject'), true],
    [
      'a policy of AWS’s own',
      'arn-account',
      resource('arn:aws:iam::aws:policy/ReadOnlyAccess', 'iam:GetPolicy'),
      false,
    ],
    [
      'a kind of resource that is written wrong',
      'arn-resource',
      resource('arn:aws:iam::123456789012:rolle/x'),
      'role/',
    ],
    [
      'a kind of resource that a wildcard leaves open',
      'arn-resource',
      resource('arn:aws:iam::123456789012:r*'),
      false,
    ],
    ['a wildcard that no kind begins with', 'arn-resource', resource('arn:aws:iam::123456789012:z*'), true],
    [
      'a secret with a slash',
      'arn-resource',
      resource('arn:aws:secretsmanager:eu-1:123456789012:secret/x', 'secretsmanager:DescribeSecret'),
      'secret:',
    ],
    [
      'a role for sts',
      'resource-of-other-service',
      resource('arn:aws:iam::123456789012:role/x', 'sts:AssumeRole'),
      false,
    ],
    [
      'a role for one’s own service',
      'resource-of-other-service',
      resource('arn:aws:iam::123456789012:role/x', 'notes:Read'),
      true,
    ],
    [
      'a role for another of AWS’s services',
      'resource-of-other-service',
      resource('arn:aws:iam::123456789012:role/x', 'ec2:RunInstances'),
      false,
    ],
    [
      'a role for any action',
      'resource-of-other-service',
      resource('arn:aws:iam::123456789012:role/x', '*'),
      false,
    ],
    [
      'a bucket excluded from what iam may do',
      'resource-of-other-service',
      { Effect: 'Deny', Action: 'iam:*', NotResource: 'arn:aws:s3:::x' },
      false,
    ],
    [
      'a list on an ARN and on a star',
      'action-needs-star',
      allow({ Action: 'sts:GetCallerIdentity', Resource: ['arn:aws:sts::1:x', '*'] }),
      false,
    ],
    [
      'a denied list on an ARN',
      'action-needs-star',
      { Effect: 'Deny', Action: 'iam:ListSAMLProviders', Resource: 'arn:aws:iam::1:x' },
      false,
    ],
    [
      'roles are listed by path, which is an ARN',
      'action-needs-star',
      resource('arn:aws:iam::123456789012:role/*', 'iam:ListRoles'),
      false,
    ],
  ]
  for (const row of rows) test(`${row[0]}: ${row[1]} ${row[3]}`, () => requireFound('identity', row))
})
