import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { allow, policyOf } from '../support/aws-calls.ts'
import { isolatedAwsCli, whyNoAwsCli } from '../support/aws-cli.ts'
import { startDemoRolecall } from '../support/demo-rolecall.ts'
import { trusting } from '../support/rolecall.ts'
import { awsAttributes, createSamlIdp, encode } from '../support/saml-idp.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const skip = await whyNoAwsCli()
const demo = await startDemoRolecall()
const { accountId, exampleRole } = demo
const aws = isolatedAwsCli(`http://127.0.0.1:${demo.port}`)
const folder = temporaryFolder()

/** The owner's profile, as the README has it. */
const owner = {
  AWS_SHARED_CREDENTIALS_FILE: join(demo.dataDir, 'root-access-key'),
  AWS_PROFILE: 'rolecall-root',
}

const sampleToken = async () => (await fetch(`${demo.providers.google?.issuer}/sample-id-token/ada`)).text()

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** What the CLI prints when it is refused. */
async function complaintOf(call: Promise<unknown>): Promise<string> {
  const error: unknown = await call.then(
    answer => assert.fail(`it was answered: ${JSON.stringify(answer)}`),
    (thrown: unknown) => thrown,
  )
  return String(Object(error).stderr).trim()
}

test('the CLI trades a token for credentials without having any, and they work', { skip }, async () => {
  const token = await sampleToken()
  const answer = Object(
    await aws([
      ...['sts', 'assume-role-with-web-identity', '--role-arn', exampleRole],
      ...['--role-session-name', 'ada', '--web-identity-token', token],
    ]),
  )
  assert.equal(answer.Provider, demo.providers.google?.issuer)
  assert.equal(answer.AssumedRoleUser.Arn, `arn:aws:sts::${accountId}:assumed-role/rolecall-demo/ada`)
  const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials
  const session = {
    AWS_ACCESS_KEY_ID: AccessKeyId,
    AWS_SECRET_ACCESS_KEY: SecretAccessKey,
    AWS_SESSION_TOKEN: SessionToken,
  }
  const [caller, roles, denied] = await Promise.all([
    aws(['sts', 'get-caller-identity'], session),
    aws(['iam', 'list-roles'], session),
    complaintOf(aws(['iam', 'delete-role', '--role-name', 'rolecall-demo'], session)),
  ])
  assert.deepEqual(caller, {
    UserId: answer.AssumedRoleUser.AssumedRoleId,
    Account: accountId,
    Arn: answer.AssumedRoleUser.Arn,
  })
  assert.ok(Object(roles).Roles.some((role: { Arn: string }) => role.Arn === exampleRole))
  assert.match(denied, /\(AccessDenied\) when calling the DeleteRole operation: User: .* not authorized/)
})

test(
  'a profile with a role and a token file is all the CLI needs: it gets the credentials itself',
  {
    skip,
  },
  async () => {
    const config = [
      '[profile web]',
      `role_arn = ${exampleRole}`,
      `web_identity_token_file = ${file('token', await sampleToken())}`,
      'role_session_name = from-a-profile',
    ]
    const env = { AWS_CONFIG_FILE: file('config', config.join('\n')), AWS_PROFILE: 'web' }
    const caller = Object(await aws(['sts', 'get-caller-identity'], env))
    assert.equal(caller.Arn, `arn:aws:sts::${accountId}:assumed-role/rolecall-demo/from-a-profile`)
  },
)

test(
  'the owner sets an issuer and a role up with the README’s commands, and reads them back',
  {
    skip,
  },
  async () => {
    const trust = trusting(accountId, { url: 'https://gitlab.example' })
    const policy = policyOf(allow('iam:ListRoles'))
    const [provider, role] = await Promise.all([
      aws(
        [
          ...['iam', 'create-open-id-connect-provider', '--url', 'https://gitlab.example'],
          ...['--client-id-list', 'my-client'],
        ],
        owner,
      ),
      aws(
        [
          ...['iam', 'create-role', '--role-name', 'deployer'],
          ...['--assume-role-policy-document', `file://${file('trust.json', JSON.stringify(trust))}`],
        ],
        owner,
      ),
    ])
    const providerArn = `arn:aws:iam::${accountId}:oidc-provider/gitlab.example`
    assert.deepEqual(provider, { OpenIDConnectProviderArn: providerArn })
    assert.deepEqual(Object(role).Role.AssumeRolePolicyDocument, trust)

    const named = ['--role-name', 'deployer', '--policy-name', 'work']
    const document = `file://${file('policy.json', policy)}`
    await aws(['iam', 'put-role-policy', ...named, '--policy-document', document], owner)
    const back = Object(await aws(['iam', 'get-role-policy', ...named], owner))
    assert.deepEqual(back.PolicyDocument, JSON.parse(policy))
  },
)

/** The commands under a heading of the README, as they stand there. */
function commandsUnder(heading: string): string[] {
  const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
  const [, section = ''] = readme.split(`## ${heading}\n`)
  const [, block = ''] = /```sh\n([^`]*)```/.exec(section) ?? []
  return block.trim().split('\n')
}

test('the README’s commands for users, keys and the trail do what it says', { skip }, async () => {
  const commands = commandsUnder('Users, keys and what was done')
  assert.equal(commands.length, 5)
  const answers: unknown[] = []
  for (const command of commands) {
    const words = command.replaceAll('$ACCOUNT', accountId).replaceAll('"', '').split(' ')
    assert.equal(words.shift(), 'aws')
    answers.push(await aws(words, owner))
  }
  const [user, , key, simulated, events] = answers.map(Object)
  assert.equal(user.User.Arn, `arn:aws:iam::${accountId}:user/ada`)
  assert.deepEqual(
    simulated.EvaluationResults.map((one: Record<string, string>) => [one.EvalActionName, one.EvalDecision]),
    [
      ['iam:ListUsers', 'allowed'],
      ['iam:DeleteUser', 'implicitDeny'],
    ],
  )
  const [event] = events.Events
  assert.deepEqual([event.EventName, event.Username], ['CreateUser', 'root'])

  const { AccessKeyId, SecretAccessKey } = key.AccessKey
  const ada = { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey }
  assert.equal(Object(await aws(['sts', 'get-caller-identity'], ada)).Arn, user.User.Arn)
  const denied = await complaintOf(aws(['iam', 'delete-user', '--user-name', 'ada'], ada))
  const [, message = ''] = denied.split('Encoded authorization failure message: ')
  const decode = ['sts', 'decode-authorization-message', '--encoded-message', message]
  const story = JSON.parse(Object(await aws(decode, owner)).DecodedMessage)
  assert.equal(story.request.action, 'iam:DeleteUser')
})

test('the README’s commands keep a secret, give it out, and show who asked', { skip }, async () => {
  const commands = commandsUnder('Secrets')
  assert.equal(commands.length, 5)
  const answers: unknown[] = []
  for (const command of commands) {
    const words = command.split(' ')
    assert.equal(words.shift(), 'aws')
    answers.push(await aws(words, owner))
  }
  const [made, put, current, previous, events] = answers.map(Object)
  assert.match(made.ARN, new RegExp(`^arn:aws:secretsmanager:us-east-1:${accountId}:secret:team/db-\\w{6}$`))
  assert.deepEqual([current.SecretString, current.VersionId], ['second', put.VersionId])
  assert.deepEqual([previous.SecretString, previous.VersionId], ['first', made.VersionId])
  assert.equal(events.Events.length, 2)
  const [event] = events.Events
  assert.deepEqual([event.EventSource, event.Username], ['secretsmanager.amazonaws.com', 'root'])
  assert.equal(event.Resources[0].ResourceName, made.ARN)
})

test('the README’s commands for a SAML provider end in credentials', { skip }, async () => {
  const idp = createSamlIdp()
  const provider = `arn:aws:iam::${accountId}:saml-provider/corp`
  const RoleArn = `arn:aws:iam::${accountId}:role/developer`
  const trust = { Effect: 'Allow', Principal: { Federated: provider }, Action: 'sts:AssumeRoleWithSAML' }
  file('metadata.xml', idp.metadata())
  file('saml-trust.json', JSON.stringify({ Version: '2012-10-17', Statement: trust }))
  const response = await idp.respond({
    recipient: `${demo.url}/saml/acs`,
    audience: `${demo.url}/saml/metadata`,
    attributes: awsAttributes([RoleArn], provider),
  })
  file('response.txt', encode(response))
  const commands = commandsUnder('With a SAML identity provider')
  assert.equal(commands.length, 3)
  const answers: unknown[] = []
  for (const command of commands) {
    const spelled = command.replaceAll('$ACCOUNT', accountId).replaceAll('"', '')
    const words = spelled.replaceAll('file://', `file://${folder}/`).split(' ')
    assert.equal(words.shift(), 'aws')
    answers.push(await aws(words, owner))
  }
  const [made, , assumed] = answers.map(Object)
  assert.equal(made.SAMLProviderArn, provider)
  assert.equal(assumed.AssumedRoleUser.Arn, `arn:aws:sts::${accountId}:assumed-role/developer/ada`)
})

test('the CLI’s own presigned URL, as clusters are shown it, says who signed it', { skip }, async () => {
  const answer = Object(await aws(['eks', 'get-token', '--cluster-name', 'a-cluster'], owner))
  const coded = String(answer.status.token).replace(/^k8s-aws-v1\./, '')
  const url = Buffer.from(coded, 'base64url').toString()
  assert.ok(url.startsWith(`http://127.0.0.1:${demo.port}/`), url)
  const good = await fetch(url, { headers: { 'x-k8s-aws-id': 'a-cluster' } })
  assert.ok((await good.text()).includes(`<Arn>arn:aws:iam::${accountId}:root</Arn>`))
  const forAnother = await fetch(url, { headers: { 'x-k8s-aws-id': 'another-cluster' } })
  assert.match(await forAnother.text(), /<Code>SignatureDoesNotMatch<\/Code>/)
})
