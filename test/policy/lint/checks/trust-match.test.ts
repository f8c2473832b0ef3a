/** What a trust policy says that does not fit together. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { find, trusting } from '../find.ts'

const google = 'accounts.google.com'

describe('what does not fit together', () => {
  const own = 'arn:aws:iam::123456789012:oidc-provider/id.example.com'
  for (const [story, code, statement, found] of [
    [
      'a claim of another provider',
      'trust-foreign-key',
      trusting(google, { StringEquals: { 'graph.facebook.com:id': '1' } }),
      true,
    ],
    [
      'a claim of one of two providers',
      'trust-foreign-key',
      {
        ...trusting(google, { StringEquals: { 'graph.facebook.com:id': '1' } }),
        Principal: { Federated: [google, 'graph.facebook.com'] },
      },
      false,
    ],
    [
      'a claim of another provider that may be absent',
      'trust-foreign-key',
      trusting(google, { StringNotEquals: { 'graph.facebook.com:id': '1' } }),
      false,
    ],
    [
      'a claim for everybody',
      'trust-foreign-key',
      { ...trusting(google, { StringEquals: { [`${google}:sub`]: '1' } }), Principal: '*' },
      false,
    ],
    [
      'a key that is no claim',
      'trust-foreign-key',
      trusting(google, { StringEquals: { 'sts:RoleSessionName': 'ada' } }),
      false,
    ],
    [
      'a provider with the action of an account',
      'trust-action-principal',
      { ...trusting(own), Action: 'sts:AssumeRole' },
      true,
    ],
    [
      'a provider with both actions',
      'trust-action-principal',
      { ...trusting(own), Action: ['sts:AssumeRole', 'sts:AssumeRoleWithWebIdentity'] },
      false,
    ],
    ['a provider with every action', 'trust-action-principal', { ...trusting(own), Action: 'sts:*' }, false],
    [
      'an account with the action of a provider',
      'trust-action-principal',
      { ...trusting(own), Principal: { AWS: '123456789012' } },
      true,
    ],
    [
      'a directory',
      'trust-action-principal',
      { ...trusting(own), Action: 'sts:AssumeRoleWithLDAPIdentity' },
      false,
    ],
    ['tags alone', 'trust-action-pointless', { ...trusting(own), Action: 'sts:TagSession' }, false],
    ['who am I', 'trust-action-pointless', { ...trusting(own), Action: 'sts:GetCallerIdentity' }, true],
    [
      'an address of an issuer of one’s own',
      'trust-by-email',
      trusting(own, { StringEquals: { 'id.example.com:email': 'ada@example.com' } }),
      true,
    ],
    [
      'an address that is denied',
      'trust-by-email',
      { ...trusting(own, { StringEquals: { 'id.example.com:email': 'eve@example.com' } }), Effect: 'Deny' },
      false,
    ],
    ['an issuer of one’s own', 'trust-whole-issuer', trusting(own), true],
    [
      'a group of an issuer of one’s own',
      'trust-whole-issuer',
      trusting(own, { 'ForAnyValue:StringEquals': { 'id.example.com:groups': 'x' } }),
      false,
    ],
    [
      'a SAML provider',
      'trust-no-audience',
      { ...trusting('arn:aws:iam::123456789012:saml-provider/x'), Action: 'sts:AssumeRoleWithSAML' },
      true,
    ],
    [
      'a SAML provider with its audience',
      'trust-no-audience',
      {
        ...trusting('arn:aws:iam::123456789012:saml-provider/x', {
          StringEquals: { 'SAML:aud': 'https://x' },
        }),
        Action: 'sts:AssumeRoleWithSAML',
      },
      false,
    ],
  ] as const) {
    test(`${story}: ${code} ${found}`, () => assert.equal(find(code, 'trust', statement).length > 0, found))
  }
})
