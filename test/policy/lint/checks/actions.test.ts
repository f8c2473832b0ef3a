/** Names of actions. */
import { describe, test } from 'node:test'
import { allow, type Row, requireFound } from '../find.ts'

const action = (name: string) => allow({ Action: name })

describe('actions', () => {
  const rows: readonly Row[] = [
    ['a plural that is none', 'action-unknown', action('iam:GetRoles'), 'iam:GetRole'],
    ['a slip in another case', 'action-unknown', action('IAM:getrol'), 'iam:GetRole'],
    ['a verb of another service', 'action-unknown', action('secretsmanager:FetchSecret'), true],
    ['a permission that no call is named by', 'action-unknown', action('iam:PassRole'), false],
    [
      'the directory’s way to a role, which is Rolecall’s own',
      'action-unknown',
      action('sts:AssumeRoleWithLDAPIdentity'),
      false,
    ],
    ['wildcards that match something', 'action-unknown', action('iam:?et*Rol?'), false],
    ['wildcards that match nothing', 'action-unknown', action('iam:Fetch*'), true],
    ['an action of AWS’s that Rolecall knows nothing of', 'action-unknown', action('s3:GetObjekt'), false],
    ['a service of one’s own', 'action-service-near', action('notes:Read'), false],
    ['a service of one’s own with a short name', 'action-service-near', action('ab:Read'), false],
    ['a service that is written wrong', 'action-service-near', action('dynamdb:GetItem'), 'dynamodb'],
    ['a service of AWS’s that is near another', 'action-service-near', action('ecs:RunTask'), false],
    ['the published spelling', 'action-spelling', action('sts:AssumeRole'), false],
    ['wildcards, which have none', 'action-spelling', action('iam:get*'), false],
    ['a service in capitals', 'action-spelling', action('STS:AssumeRole'), true],
  ]
  for (const row of rows) test(`${row[0]}: ${row[1]} ${row[3]}`, () => requireFound('identity', row))
})
