/** Runs what docs/guides/openid-providers.md tells people to write. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parseEnv } from 'node:util'
import { CreateOpenIDConnectProviderCommand } from '@aws-sdk/client-iam'
import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts'
import { readConfig } from '../server/config.ts'
import { issuersOf } from '../server/identity/openid/client.ts'
import { lint } from '../server/policy/lint/lint.ts'
import { makeKey, publicJwk, signToken } from './support/issuer.ts'
import { listen, sendJson } from './support/openid-provider.ts'
import { startRolecall } from './support/rolecall.ts'

type Json = Record<string, unknown>
type Case = readonly [story: string, claims: Json]

const guide = readFileSync(new URL('../docs/guides/openid-providers.md', import.meta.url), 'utf8')
const sections = new Map(
  guide
    .split(/^## /m)
    .slice(1)
    .map(text => [text.slice(0, text.indexOf('\n')), text]),
)
const blocksOf = (section: string, language: 'sh' | 'json') => {
  const text = sections.get(section) ?? assert.fail(`no section ${section}`)
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, body = '']) => body,
  )
}
const production = {
  NODE_ENV: 'production',
  ROLECALL_PUBLIC_URL: 'https://login.example.com',
  ROLECALL_TRUSTED_PROXIES: '10.0.0.7',
}

const entraGroup = '11111111-2222-4333-8444-555555555555'
const github = {
  sub: 'repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main',
  repository: 'octo-org/octo-repo',
  repository_id: '456789',
  ref: 'refs/heads/main',
  event_name: 'push',
}
const gitlabJob = {
  sub: 'project_path:corp/website:ref_type:branch:ref:main',
  project_path: 'corp/website',
  project_id: '22',
  ref_protected: 'true',
}

/** What a good token of each says, and others that must not pass. */
const providers: Record<string, { good: Json; bad: readonly Case[] }> = {
  'Microsoft Entra': {
    good: { groups: ['x', entraGroup] },
    bad: [
      ['of another group', { groups: ['x'] }],
      ['whose groups are elsewhere', { groups: undefined, hasgroups: true }],
    ],
  },
  Okta: {
    good: { groups: ['Everyone', 'rolecall-developers'] },
    bad: [['of another group', { groups: ['Everyone'] }]],
  },
  Keycloak: {
    good: { groups: ['/developers'], azp: 'rolecall' },
    bad: [
      ['of a group below another', { groups: ['/guests/developers'] }],
      ['that another client got', { azp: 'other' }],
    ],
  },
  GitLab: {
    good: { sub: '4711', groups_direct: ['corp/developers'] },
    bad: [
      ['of another group', { groups_direct: ['other/developers'] }],
      ['of a CI job that such a person started', gitlabJob],
    ],
  },
  Apple: {
    good: { sub: '000792.d71059495fa24644b94e4a644e2e3b4a.0638' },
    bad: [['of somebody else', { sub: '000792.d71059495fa24644b94e4a644e2e3b4a.0639' }]],
  },
  'Amazon Cognito': {
    good: { 'cognito:groups': ['developers'] },
    bad: [['of no group', { 'cognito:groups': undefined }]],
  },
  'GitHub Actions': {
    good: github,
    bad: [
      [
        'of another repository',
        { sub: 'repo:octo-org@123456/other@999:ref:refs/heads/main', repository_id: '999' },
      ],
      ['of a repository that took the name over', { repository_id: '999' }],
      [
        'of a pull request',
        { sub: 'repo:octo-org@123456/octo-repo@456789:pull_request', event_name: 'pull_request' },
      ],
      ['of another branch', { sub: 'repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main2' }],
      ['of an environment', { sub: 'repo:octo-org@123456/octo-repo@456789:environment:prod' }],
      ['for AWS', { aud: 'sts.amazonaws.com' }],
    ],
  },
  'GitLab CI': {
    good: gitlabJob,
    bad: [
      [
        'of another project',
        { ...gitlabJob, sub: 'project_path:evil/website:ref_type:branch:ref:main', project_id: '66' },
      ],
      ['of another branch', { sub: 'project_path:corp/website:ref_type:branch:ref:feature' }],
      ['of a tag of that name', { sub: 'project_path:corp/website:ref_type:tag:ref:main' }],
      ['of a branch that anybody pushes to', { ref_protected: 'false' }],
      ['of a project that took the path over', { project_id: '23' }],
      ['for another audience', { aud: 'https://vault.example.com' }],
    ],
  },
}

const rolecall = await startRolecall()
const standIn = await listen()
const key = makeKey('RS256')
standIn.answerWith((request, response) => {
  const path = (request.url ?? '').replace('/.well-known/openid-configuration', '')
  if (path === '/jwks') return sendJson(response, { keys: [publicJwk(key)] })
  sendJson(response, { issuer: standIn.url + path, jwks_uri: `${standIn.url}/jwks` })
})

test('the guide has a section for each, and no block that is not run', () => {
  const withBlocks = [...sections].filter(([, text]) => text.includes('```')).map(([name]) => name)
  assert.deepEqual(withBlocks, Object.keys(providers))
})

for (const [section, { good, bad }] of Object.entries(providers)) {
  describe(section, async () => {
    const isMachine = blocksOf(section, 'sh')[0]?.startsWith('aws ')
    const { issuer, clientId } = isMachine ? registeredIn(section) : configuredIn(section)
    // A path for each section: GitLab's people and jobs have one issuer, and here two.
    const url = `${standIn.url}/${section.toLowerCase().replace(' ', '-')}`
    const [policy = ''] = blocksOf(section, 'json')
    const here = policy
      .replaceAll(issuer.replace('https://', ''), url.replace('http://', ''))
      .replaceAll('ACCOUNT', rolecall.accountId)
    const name = section.replaceAll(' ', '')
    await rolecall.iam().send(
      new CreateOpenIDConnectProviderCommand({
        Url: url,
        ClientIDList: [clientId, 'https://vault.example.com'],
      }),
    )
    const role = await rolecall.createRole(name, JSON.parse(here))

    async function assume(claims: Json): Promise<unknown> {
      const iat = Math.floor(Date.now() / 1000)
      const usual = { iss: url, aud: clientId, sub: 'somebody', iat, exp: iat + 600 }
      const WebIdentityToken = signToken({ ...usual, ...good, ...claims }, key)
      return rolecall
        .sts()
        .send(
          new AssumeRoleWithWebIdentityCommand({ RoleArn: role, RoleSessionName: 'job', WebIdentityToken }),
        )
    }

    test('its trust policy is one that the linter has nothing to say of', () => {
      const findings = lint(policy.replaceAll('ACCOUNT', '123456789012'), 'trust', { nowMs: Date.now() })
      assert.deepEqual(
        findings.filter(({ level }) => level !== 'suggestion'),
        [],
      )
    })

    test('a token as it should be gets the role', async () => {
      await assume({})
    })

    for (const [story, claims] of bad) {
      test(`a token ${story} does not`, async () => {
        await assert.rejects(assume(claims), ({ name }: Error) =>
          /^(?:AccessDenied|InvalidIdentityToken|IDPRejectedClaim)/.test(name),
        )
      })
    }
  })
}

for (const section of Object.keys(providers).filter(name => !blocksOf(name, 'sh')[0]?.startsWith('aws '))) {
  test(`the settings for ${section} are taken in production, and the redirect URI is theirs`, () => {
    for (const block of blocksOf(section, 'sh')) {
      const { oidcClients } = readConfig({ ...production, ...parseEnv(block) })
      assert.equal(oidcClients.length, 1)
      const callback = `https://login.example.com/sign-in/${oidcClients[0]?.name}/callback`
      assert.ok(sections.get(section)?.includes(`\`${callback}\``), callback)
    }
  })
}

function configuredIn(section: string) {
  const [client] = readConfig({ ...production, ...parseEnv(blocksOf(section, 'sh')[0] ?? '') }).oidcClients
  assert.ok(client)
  return { issuer: issuersOf(client)[0] ?? '', clientId: client.clientId }
}

function registeredIn(section: string) {
  const [command = ''] = blocksOf(section, 'sh')
  const [, issuer = '', clientId = ''] =
    /^aws iam create-open-id-connect-provider --url (\S+) --client-id-list (\S+)$/.exec(command.trim()) ?? []
  return { issuer, clientId }
}
