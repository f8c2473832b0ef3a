/** Whom a role lets in: each row is a trust policy that somebody once wrote, and what it let in. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Code } from '../../../../server/policy/lint/all-checks.ts'
import { lint } from '../../../../server/policy/lint/lint.ts'
import { documentOf, find, trusting } from '../find.ts'

const google = 'accounts.google.com'
const cognito = 'cognito-identity.amazonaws.com'
const arnOf = (issuer: string) => `arn:aws:iam::123456789012:oidc-provider/${issuer}`
const github = 'token.actions.githubusercontent.com'

type Row = readonly [story: string, statement: object, found: readonly Code[]]

/** All that is told as `security`, and nothing else. */
function risksOf(statement: object): string[] {
  return lint(documentOf(statement), 'trust')
    .filter(({ level }) => level === 'security')
    .map(({ code }) => code)
    .sort()
}

describe('people of the whole world', () => {
  const rows: readonly Row[] = [
    ['Google without a condition', trusting(google), ['trust-no-audience', 'trust-no-subject']],
    [
      'Google with a client id',
      trusting(google, { StringEquals: { [`${google}:aud`]: 'x' } }),
      ['trust-no-subject'],
    ],
    [
      'Google with a client id by the other key',
      trusting(google, { StringEquals: { [`${google}:oaud`]: 'x' } }),
      ['trust-no-subject'],
    ],
    [
      'Google with a person',
      trusting(google, { StringEquals: { [`${google}:sub`]: '1' } }),
      ['trust-no-audience'],
    ],
    [
      'Google with somebody whichever way they came in',
      trusting(google, { StringEquals: { 'rolecall:person': 'PERSONABCDEFGHIJKLMNOPQ' } }),
      ['trust-no-audience'],
    ],
    [
      'Google with both',
      trusting(google, { StringEquals: { [`${google}:aud`]: 'x', [`${google}:sub`]: '1' } }),
      [],
    ],
    [
      'Google with both, in another case',
      trusting(google, { StringEquals: { 'Accounts.Google.com:AUD': 'x', 'accounts.google.com:SUB': '1' } }),
      [],
    ],
    ['Google by the ARN of its provider', trusting(arnOf(google)), ['trust-no-audience', 'trust-no-subject']],
    [
      'Google with everybody but one',
      trusting(google, { StringNotEquals: { [`${google}:aud`]: 'x', [`${google}:sub`]: '1' } }),
      ['trust-no-audience', 'trust-no-subject'],
    ],
    [
      'Google with claims that may be absent',
      trusting(google, { StringEqualsIfExists: { [`${google}:aud`]: 'x', [`${google}:sub`]: '1' } }),
      ['trust-no-audience', 'trust-no-subject'],
    ],
    [
      'Google with a star',
      trusting(google, { StringLike: { [`${google}:aud`]: 'x', [`${google}:sub`]: '*' } }),
      ['trust-no-subject'],
    ],
    [
      'Google with a star beside a person',
      trusting(google, { StringLike: { [`${google}:aud`]: 'x', [`${google}:sub`]: ['1', '*'] } }),
      ['trust-no-subject'],
    ],
    [
      'Google with how they signed in, which is not who',
      trusting(google, {
        StringEquals: { [`${google}:aud`]: 'x' },
        'ForAnyValue:StringEquals': { [`${google}:amr`]: 'pwd' },
      }),
      ['trust-no-subject'],
    ],
    [
      'Google with a tag that the token brings',
      trusting(google, { StringEquals: { [`${google}:aud`]: 'x', 'aws:RequestTag/team': 'red' } }),
      [],
    ],
    [
      'Facebook with an app',
      trusting('graph.facebook.com', { StringEquals: { 'graph.facebook.com:app_id': '1' } }),
      ['trust-no-subject'],
    ],
    ['Google denied', { ...trusting(google), Effect: 'Deny' }, []],
    ['Google with an action that takes no role', { ...trusting(google), Action: 'sts:TagSession' }, []],
  ]
  for (const [story, statement, found] of rows) {
    test(`${story}: ${found.join(' and ') || 'nothing'}`, () => assert.deepEqual(risksOf(statement), found))
  }

  test('each of two providers in one statement must be pinned by its own claims', () => {
    const statement = {
      ...trusting(google, { StringEquals: { [`${google}:aud`]: 'x', [`${google}:sub`]: '1' } }),
      Principal: { Federated: [google, 'graph.facebook.com'] },
    }
    const found = find('trust-no-audience', 'trust', statement)
    assert.deepEqual(
      found.map(({ path }) => path),
      ['Statement.Principal.Federated[1]'],
    )
  })
})

describe('jobs of everybody who uses a shared issuer', () => {
  const aud = { [`${github}:aud`]: 'sts.amazonaws.com' }
  const like = (sub: string | string[], issuer = github) =>
    trusting(arnOf(issuer), {
      StringEquals: { [`${issuer}:aud`]: 'x' },
      StringLike: { [`${issuer}:sub`]: sub },
    })
  const rows: readonly Row[] = [
    ['an audience alone', trusting(arnOf(github), { StringEquals: aud }), ['trust-no-subject']],
    ['a repository', like('repo:notes/server:*'), []],
    ['all of an owner’s repositories', like('repo:notes/*'), []],
    ['an owner whose name may go on', like('repo:notes*'), ['trust-subject-wide']],
    ['an owner with a wildcard within', like('repo:no?es/server:*'), ['trust-subject-wide']],
    ['every repository', like('repo:*'), ['trust-subject-wide']],
    ['a branch of every repository', like('*:ref:refs/heads/main'), ['trust-subject-wide']],
    ['one owner, and one left open', like(['repo:notes/*', 'repo:*/server']), ['trust-subject-wide']],
    [
      'a workflow instead of a subject',
      trusting(arnOf(github), {
        StringEquals: { ...aud, [`${github}:job_workflow_ref`]: 'notes/server/.github/workflows/x.yml@main' },
      }),
      [],
    ],
    [
      'when a token was made',
      trusting(arnOf(github), { StringEquals: { ...aud, [`${github}:iat`]: '1' } }),
      ['trust-no-subject'],
    ],
    [
      'for every value, without asking whether there is one',
      trusting(arnOf(github), {
        StringEquals: aud,
        'ForAllValues:StringEquals': { [`${github}:sub`]: 'repo:notes/server:x' },
      }),
      ['set-unguarded', 'trust-no-subject'],
    ],
    ['a group of GitLab', like('project_path:notes/*', 'gitlab.com'), []],
    ['a group of GitLab that is left open', like('project_path:*', 'gitlab.com'), ['trust-subject-wide']],
    [
      'an organization of Terraform that is left open',
      like('organization:*:project:x', 'app.terraform.io'),
      ['trust-subject-wide'],
    ],
    [
      'another shared issuer without a subject',
      trusting(arnOf('api.pulumi.com/oidc'), { StringEquals: { 'api.pulumi.com/oidc:aud': 'x' } }),
      ['trust-no-subject'],
    ],
  ]
  for (const [story, statement, found] of rows) {
    test(`${story}: ${found.join(' and ') || 'nothing'}`, () => assert.deepEqual(risksOf(statement), found))
  }
})

describe('guests of an identity pool', () => {
  const aud = { StringEquals: { [`${cognito}:aud`]: 'eu-1:x' } }
  const rows: readonly Row[] = [
    ['a pool is named, and no more', trusting(cognito, aud), ['trust-guests']],
    [
      'who signed in',
      trusting(cognito, { ...aud, 'ForAnyValue:StringLike': { [`${cognito}:amr`]: 'authenticated' } }),
      [],
    ],
    [
      'one identity',
      trusting(cognito, { StringEquals: { ...aud.StringEquals, [`${cognito}:sub`]: 'eu-1:y' } }),
      [],
    ],
    [
      'no pool is named',
      trusting(cognito, { 'ForAnyValue:StringLike': { [`${cognito}:amr`]: 'authenticated' } }),
      ['trust-no-audience'],
    ],
  ]
  for (const [story, statement, found] of rows) {
    test(`${story}: ${found.join(' and ') || 'nothing'}`, () => assert.deepEqual(risksOf(statement), found))
  }
})

describe('everybody', () => {
  const everybody = (condition: object = {}, principal: unknown = '*') => ({
    Effect: 'Allow',
    Principal: principal,
    Action: 'sts:AssumeRole',
    Condition: condition,
  })
  const rows: readonly Row[] = [
    ['a star', everybody(), ['trust-everyone']],
    ['a star for AWS', everybody({}, { AWS: '*' }), ['trust-everyone']],
    ['a star among others', everybody({}, { AWS: ['123456789012', '*'] }), ['trust-everyone']],
    [
      'a star over an encrypted line',
      everybody({ Bool: { 'aws:SecureTransport': 'true' } }),
      ['trust-everyone'],
    ],
    ['a star of one organization', everybody({ StringEquals: { 'aws:PrincipalOrgID': 'o-a1b2c3d4e5' } }), []],
    [
      'a star of every organization',
      everybody({ StringLike: { 'aws:PrincipalOrgID': '*' } }),
      ['trust-everyone'],
    ],
    ['a star from everywhere', everybody({ IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } }), ['trust-everyone']],
    ['a star denied', { ...everybody(), Effect: 'Deny' }, []],
  ]
  for (const [story, statement, found] of rows) {
    test(`${story}: ${found.join(' and ') || 'nothing'}`, () => assert.deepEqual(risksOf(statement), found))
  }
})
