/** Whom a policy names. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { allow, find, type Row, requireFound } from '../find.ts'

describe('principals', () => {
  const named = (type: string, name: string) => allow({ Principal: { [type]: name } })
  const rows: readonly Row[] = [
    ['an account', 'principal-arn', named('AWS', '123456789012'), false],
    ['an account of eleven digits', 'principal-arn', named('AWS', '12345678901'), true],
    ['everybody', 'principal-arn', named('AWS', '*'), false],
    ['a role with a path', 'principal-arn', named('AWS', 'arn:aws:iam::123456789012:role/a/b'), false],
    ['a session', 'principal-arn', named('AWS', 'arn:aws:sts::123456789012:assumed-role/x/ada'), false],
    [
      'a session without a name',
      'principal-arn',
      named('AWS', 'arn:aws:sts::123456789012:assumed-role/x'),
      true,
    ],
    [
      'a federated user',
      'principal-arn',
      named('AWS', 'arn:aws:sts::123456789012:federated-user/ada'),
      false,
    ],
    ['a group', 'principal-arn', named('AWS', 'arn:aws:iam::123456789012:group/x'), true],
    [
      'a role whose kind is written wrong',
      'principal-arn',
      named('AWS', 'arn:aws:iam::123456789012:rol/x'),
      'role/',
    ],
    ['an ARN that lacks a colon', 'principal-arn', named('AWS', 'arn:aws:iam:123456789012:role/x'), true],
    ['a role in a region', 'principal-arn', named('AWS', 'arn:aws:iam:eu-1:123456789012:role/x'), true],
    ['a name alone', 'principal-arn', named('AWS', 'ada'), true],
    ['an id, which is told by itself', 'principal-arn', named('AWS', 'AIDA0123456789ABCDEF0'), false],
    [
      'a service with its region',
      'principal-service',
      named('Service', 'logs.eu-west-1.amazonaws.com'),
      false,
    ],
    ['a service of China', 'principal-service', named('Service', 'ec2.amazonaws.com.cn'), false],
    [
      'a service that is not in any policy but these',
      'principal-service',
      named('Service', 'ecs-tasks.amazonaws.com'),
      false,
    ],
    [
      'a service in capitals',
      'principal-service',
      named('Service', 'EC2.amazonaws.com'),
      'ec2.amazonaws.com',
    ],
    [
      'a service under another domain',
      'principal-service',
      named('Service', 'ec2.amazon.com'),
      'ec2.amazonaws.com',
    ],
    ['Google', 'principal-federated', named('Federated', 'accounts.google.com'), false],
    [
      'Google with a slip',
      'principal-federated',
      named('Federated', 'account.google.com'),
      'accounts.google.com',
    ],
    [
      'Google by its URL',
      'principal-federated',
      named('Federated', 'https://accounts.google.com'),
      'accounts.google.com',
    ],
    [
      'a SAML provider',
      'principal-federated',
      named('Federated', 'arn:aws:iam::123456789012:saml-provider/x'),
      false,
    ],
    [
      'guests',
      'principal-federated',
      named('Federated', 'arn:aws:iam::123456789012:guest-provider/guest'),
      false,
    ],
    [
      'a directory',
      'principal-federated',
      named('Federated', 'arn:aws:iam::123456789012:ldap-provider/directory'),
      false,
    ],
    [
      'a person with linked ways in',
      'principal-federated',
      named('Federated', 'arn:aws:iam::123456789012:person/PERSONABCDEFGHIJKLMNOPQ'),
      false,
    ],
    ['a provider by its host', 'principal-federated', named('Federated', 'gitlab.example'), true],
    [
      'a provider of no account',
      'principal-federated',
      named('Federated', 'arn:aws:iam:::oidc-provider/id.example'),
      'arn:aws:iam::ACCOUNT:oidc-provider/id.example',
    ],
  ]
  for (const row of rows) test(`${row[0]}: ${row[1]} ${row[3]}`, () => requireFound('resource', row))
})

test('a guide’s ACCOUNT that nobody replaced is told as such, and not offered again as what was meant', () => {
  const statement = allow({ Principal: { Federated: 'arn:aws:iam::ACCOUNT:oidc-provider/id.example' } })
  const [finding] = find('principal-federated', 'trust', statement)
  assert.match(finding?.message ?? '', /^"ACCOUNT" in .* is no account: they have 12 digits\.$/)
})
