import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import { codeAt } from '../../server/credentials/totp.ts'
import { createIamService } from '../../server/iam/service.ts'
import { allow, assumeRole, faultOf, keysOf, policyOf, setPolicy } from '../support/aws-calls.ts'
import { fromBase32 } from '../support/base32.ts'
import { earlyInStep } from '../support/early-in-step.ts'
import { faultIn, postForm } from '../support/post-form.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'
import { createSamlIdp } from '../support/saml-idp.ts'

const rolecall = await startRolecall()
const { accountId } = rolecall
const issuer = await rolecall.registerIssuer()
const trust = trusting(accountId, issuer)
const root = rolecall.iam()
const document = policyOf(allow('iam:GetRole'))
const trustDocument = JSON.stringify(trust)

const roleArn = (name: string) => `arn:aws:iam::${accountId}:role/team/${name}`
const policyArn = (name: string) => `arn:aws:iam::${accountId}:policy/team/${name}`
const samlIdp = createSamlIdp()
const samlArn = (name: string) => `arn:aws:iam::${accountId}:saml-provider/${name}`
const providerArn = (name: string) => `arn:aws:iam::${accountId}:oidc-provider/${name}.example`

const userArn = (name: string) => `arn:aws:iam::${accountId}:user/team/${name}`
const groupArn = (name: string) => `arn:aws:iam::${accountId}:group/team/${name}`
const mfaArn = (name: string) => `arn:aws:iam::${accountId}:mfa/team/${name}`
const all = () => '*'

const role = (name: string) => ({ RoleName: name })
const user = (name: string) => ({ UserName: name })
const group = (name: string) => ({ GroupName: name })
const policy = (name: string) => ({ PolicyArn: policyArn(name) })
const provider = (name: string) => ({ OpenIDConnectProviderArn: providerArn(name) })
const samlProvider = (name: string) => ({ SAMLProviderArn: samlArn(name) })
const device = (name: string) => ({ SerialNumber: mfaArn(name) })
const seeds = new Map<string, Buffer>()
/** Codes of the two steps from `first` on, beside the present one: those before were used when it was enabled. */
function codes(name: string, first: number) {
  const now = Math.floor(Date.now() / 30_000)
  const seed = seeds.get(name) ?? Buffer.alloc(0)
  const [AuthenticationCode1, AuthenticationCode2] = [
    codeAt(seed, now + first),
    codeAt(seed, now + first + 1),
  ]
  return { ...user(name), ...device(name), AuthenticationCode1, AuthenticationCode2 }
}
const work = { PolicyName: 'work' }
const Password = 'Correct-horse-1'
const tagging = { Tags: [{ Key: 'team', Value: 'blue' }] }
const untagging = { TagKeys: ['team'] }
const keyIds = new Map<string, string>()
const jobIds = new Map<string, string>()
const key = (name: string) => ({ ...user(name), AccessKeyId: keyIds.get(name) })

/** What there is for a command of this name. */
type CommandInput = { [parameter: string]: unknown }
const commands = iam as unknown as Record<
  string,
  new (
    input: CommandInput,
  ) => Parameters<(typeof root)['send']>[0]
>

function send(client: iam.IAMClient, action: string, input: CommandInput): Promise<unknown> {
  const Command = commands[`${action}Command`]
  assert.ok(Command, `the SDK has no ${action}`)
  return client.send(new Command(input))
}

const asRoot = (action: string, input: CommandInput) => send(root, action, input)

/** What must be there before; `name` is the entity's. */
const make = {
  nothing: async () => undefined,
  outboundOn: () => asRoot('EnableOutboundWebIdentityFederation', {}).catch(() => undefined),
  outboundOff: () => asRoot('DisableOutboundWebIdentityFederation', {}).catch(() => undefined),
  async accessReport(name: string) {
    await make.user(name)
    const asked = new iam.GenerateServiceLastAccessedDetailsCommand({ Arn: userArn(name) })
    jobIds.set(name, (await root.send(asked)).JobId ?? '')
  },
  passwordPolicy: () => asRoot('UpdateAccountPasswordPolicy', {}),
  alias: () => asRoot('CreateAccountAlias', { AccountAlias: 'my-company' }),
  report: () => asRoot('GenerateCredentialReport', {}),
  role: (name: string) =>
    asRoot('CreateRole', { ...role(name), Path: '/team/', AssumeRolePolicyDocument: trustDocument }),
  user: (name: string) => asRoot('CreateUser', { ...user(name), Path: '/team/' }),
  group: (name: string) => asRoot('CreateGroup', { ...group(name), Path: '/team/' }),
  policy: (name: string) =>
    asRoot('CreatePolicy', { PolicyName: name, Path: '/team/', PolicyDocument: document }),
  provider: (name: string) => asRoot('CreateOpenIDConnectProvider', { Url: `https://${name}.example` }),
  samlProvider: (name: string) =>
    asRoot('CreateSAMLProvider', { Name: name, SAMLMetadataDocument: samlIdp.metadata() }),
  async userWithPassword(name: string) {
    await make.user(name)
    await asRoot('CreateLoginProfile', { ...user(name), Password })
  },
  async member(name: string) {
    await make.user(name)
    await make.group(name)
    await asRoot('AddUserToGroup', { ...user(name), ...group(name) })
  },
  async userAndGroup(name: string) {
    await make.user(name)
    await make.group(name)
  },
  async userWithKey(name: string) {
    await make.user(name)
    const { AccessKey } = await root.send(new iam.CreateAccessKeyCommand(user(name)))
    keyIds.set(name, AccessKey?.AccessKeyId ?? '')
  },
  async withInline(kind: 'Role' | 'User' | 'Group', name: string) {
    await make[kind.toLowerCase() as 'role'](name)
    await asRoot(`Put${kind}Policy`, { [`${kind}Name`]: name, ...work, PolicyDocument: document })
  },
  roleWithPolicy: (name: string) => make.withInline('Role', name),
  userWithPolicy: (name: string) => make.withInline('User', name),
  groupWithPolicy: (name: string) => make.withInline('Group', name),
  async withAttached(kind: 'Role' | 'User' | 'Group', name: string, attached = true) {
    await make[kind.toLowerCase() as 'role'](name)
    await make.policy(name)
    if (attached) await asRoot(`Attach${kind}Policy`, { [`${kind}Name`]: name, ...policy(name) })
  },
  roleAndPolicy: (name: string) => make.withAttached('Role', name, false),
  userAndPolicy: (name: string) => make.withAttached('User', name, false),
  groupAndPolicy: (name: string) => make.withAttached('Group', name, false),
  roleAttached: (name: string) => make.withAttached('Role', name),
  userAttached: (name: string) => make.withAttached('User', name),
  groupAttached: (name: string) => make.withAttached('Group', name),
  async roleBounded(name: string) {
    await make.roleAndPolicy(name)
    const PermissionsBoundary = policyArn(name)
    await asRoot('PutRolePermissionsBoundary', { ...role(name), PermissionsBoundary })
  },
  async userBounded(name: string) {
    await make.userAndPolicy(name)
    const PermissionsBoundary = policyArn(name)
    await asRoot('PutUserPermissionsBoundary', { ...user(name), PermissionsBoundary })
  },
  async device(name: string) {
    const made = await root.send(
      new iam.CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: name, Path: '/team/' }),
    )
    seeds.set(name, fromBase32(Buffer.from(made.VirtualMFADevice?.Base32StringSeed ?? []).toString('latin1')))
  },
  async userAndDevice(name: string) {
    await make.user(name)
    await make.device(name)
    await earlyInStep()
  },
  async userWithDevice(name: string) {
    await make.userAndDevice(name)
    await asRoot('EnableMFADevice', codes(name, -1))
  },
  async policyOfTwoVersions(name: string) {
    await make.policy(name)
    await asRoot('CreatePolicyVersion', { ...policy(name), PolicyDocument: document })
  },
}

type Row = [
  action: string,
  before: Exclude<keyof typeof make, 'withInline' | 'withAttached'>,
  resource: (name: string) => string,
  input: (name: string) => CommandInput,
]

/** Every action: what must be there before, the one ARN that it acts on, and how it is asked. */
const rows: Row[] = [
  [
    'CreateRole',
    'nothing',
    roleArn,
    name => ({ ...role(name), Path: '/team/', AssumeRolePolicyDocument: trustDocument }),
  ],
  ['GetRole', 'role', roleArn, role],
  ['ListRoles', 'nothing', () => roleArn(''), () => ({ PathPrefix: '/team/' })],
  ['UpdateRole', 'role', roleArn, name => ({ ...role(name), Description: 'x' })],
  ['UpdateRoleDescription', 'role', roleArn, name => ({ ...role(name), Description: 'x' })],
  ['UpdateAssumeRolePolicy', 'role', roleArn, name => ({ ...role(name), PolicyDocument: trustDocument })],
  ['DeleteRole', 'role', roleArn, role],
  ['TagRole', 'role', roleArn, name => ({ ...role(name), ...tagging })],
  ['UntagRole', 'role', roleArn, name => ({ ...role(name), ...untagging })],
  ['ListRoleTags', 'role', roleArn, role],
  ['PutRolePolicy', 'role', roleArn, name => ({ ...role(name), ...work, PolicyDocument: document })],
  ['GetRolePolicy', 'roleWithPolicy', roleArn, name => ({ ...role(name), ...work })],
  ['DeleteRolePolicy', 'roleWithPolicy', roleArn, name => ({ ...role(name), ...work })],
  ['ListRolePolicies', 'role', roleArn, role],
  ['AttachRolePolicy', 'roleAndPolicy', roleArn, name => ({ ...role(name), ...policy(name) })],
  ['DetachRolePolicy', 'roleAttached', roleArn, name => ({ ...role(name), ...policy(name) })],
  ['ListAttachedRolePolicies', 'role', roleArn, role],
  [
    'PutRolePermissionsBoundary',
    'roleAndPolicy',
    roleArn,
    name => ({ ...role(name), PermissionsBoundary: policyArn(name) }),
  ],
  ['DeleteRolePermissionsBoundary', 'roleBounded', roleArn, role],

  ['CreateUser', 'nothing', userArn, name => ({ ...user(name), Path: '/team/' })],
  ['GetUser', 'user', userArn, user],
  ['ListUsers', 'nothing', () => userArn(''), () => ({ PathPrefix: '/team/' })],
  ['UpdateUser', 'user', userArn, name => ({ ...user(name), NewPath: '/team/' })],
  ['DeleteUser', 'user', userArn, user],
  ['TagUser', 'user', userArn, name => ({ ...user(name), ...tagging })],
  ['UntagUser', 'user', userArn, name => ({ ...user(name), ...untagging })],
  ['ListUserTags', 'user', userArn, user],
  ['PutUserPolicy', 'user', userArn, name => ({ ...user(name), ...work, PolicyDocument: document })],
  ['GetUserPolicy', 'userWithPolicy', userArn, name => ({ ...user(name), ...work })],
  ['DeleteUserPolicy', 'userWithPolicy', userArn, name => ({ ...user(name), ...work })],
  ['ListUserPolicies', 'user', userArn, user],
  ['AttachUserPolicy', 'userAndPolicy', userArn, name => ({ ...user(name), ...policy(name) })],
  ['DetachUserPolicy', 'userAttached', userArn, name => ({ ...user(name), ...policy(name) })],
  ['ListAttachedUserPolicies', 'user', userArn, user],
  [
    'PutUserPermissionsBoundary',
    'userAndPolicy',
    userArn,
    name => ({ ...user(name), PermissionsBoundary: policyArn(name) }),
  ],
  ['DeleteUserPermissionsBoundary', 'userBounded', userArn, user],
  ['CreateAccessKey', 'user', userArn, user],
  ['ListAccessKeys', 'user', userArn, user],
  ['UpdateAccessKey', 'userWithKey', userArn, name => ({ ...key(name), Status: 'Inactive' })],
  ['DeleteAccessKey', 'userWithKey', userArn, key],
  ['GetAccessKeyLastUsed', 'userWithKey', userArn, name => ({ AccessKeyId: keyIds.get(name) })],

  ['CreateVirtualMFADevice', 'nothing', mfaArn, name => ({ VirtualMFADeviceName: name, Path: '/team/' })],
  ['DeleteVirtualMFADevice', 'device', mfaArn, device],
  ['ListVirtualMFADevices', 'nothing', all, () => ({})],
  ['TagMFADevice', 'device', mfaArn, name => ({ ...device(name), ...tagging })],
  ['UntagMFADevice', 'device', mfaArn, name => ({ ...device(name), ...untagging })],
  ['ListMFADeviceTags', 'device', mfaArn, device],
  ['EnableMFADevice', 'userAndDevice', userArn, name => codes(name, -1)],
  ['ResyncMFADevice', 'userWithDevice', userArn, name => codes(name, 0)],
  ['DeactivateMFADevice', 'userWithDevice', userArn, name => ({ ...user(name), ...device(name) })],
  ['ListMFADevices', 'user', userArn, user],
  ['GetMFADevice', 'userWithDevice', userArn, name => ({ ...user(name), ...device(name) })],

  ['CreateLoginProfile', 'user', userArn, name => ({ ...user(name), Password })],
  ['GetLoginProfile', 'userWithPassword', userArn, user],
  ['UpdateLoginProfile', 'userWithPassword', userArn, name => ({ ...user(name), Password })],
  ['DeleteLoginProfile', 'userWithPassword', userArn, user],
  ['UpdateAccountPasswordPolicy', 'nothing', all, () => ({})],
  ['GetAccountPasswordPolicy', 'passwordPolicy', all, () => ({})],
  ['DeleteAccountPasswordPolicy', 'passwordPolicy', all, () => ({})],

  ['EnableOutboundWebIdentityFederation', 'outboundOff', all, () => ({})],
  ['DisableOutboundWebIdentityFederation', 'outboundOn', all, () => ({})],
  ['GetOutboundWebIdentityFederationInfo', 'outboundOn', all, () => ({})],
  ['CreateAccountAlias', 'nothing', all, () => ({ AccountAlias: 'my-company' })],
  ['DeleteAccountAlias', 'alias', all, () => ({ AccountAlias: 'my-company' })],
  ['ListAccountAliases', 'nothing', all, () => ({})],
  ['GetAccountSummary', 'nothing', all, () => ({})],
  ['GetAccountAuthorizationDetails', 'nothing', all, () => ({})],
  ['GenerateCredentialReport', 'nothing', all, () => ({})],
  ['GetCredentialReport', 'report', all, () => ({})],

  ['GenerateServiceLastAccessedDetails', 'user', userArn, name => ({ Arn: userArn(name) })],
  ['GetServiceLastAccessedDetails', 'accessReport', all, name => ({ JobId: jobIds.get(name) })],
  [
    'GetServiceLastAccessedDetailsWithEntities',
    'accessReport',
    all,
    name => ({ JobId: jobIds.get(name), ServiceNamespace: 'iam' }),
  ],
  [
    'ListPoliciesGrantingServiceAccess',
    'user',
    userArn,
    name => ({ Arn: userArn(name), ServiceNamespaces: ['iam'] }),
  ],

  ['CreateGroup', 'nothing', groupArn, name => ({ ...group(name), Path: '/team/' })],
  ['GetGroup', 'group', groupArn, group],
  ['ListGroups', 'nothing', () => groupArn(''), () => ({ PathPrefix: '/team/' })],
  ['ListGroupsForUser', 'user', userArn, user],
  ['UpdateGroup', 'group', groupArn, name => ({ ...group(name), NewPath: '/team/' })],
  ['DeleteGroup', 'group', groupArn, group],
  ['AddUserToGroup', 'userAndGroup', groupArn, name => ({ ...user(name), ...group(name) })],
  ['RemoveUserFromGroup', 'member', groupArn, name => ({ ...user(name), ...group(name) })],
  ['PutGroupPolicy', 'group', groupArn, name => ({ ...group(name), ...work, PolicyDocument: document })],
  ['GetGroupPolicy', 'groupWithPolicy', groupArn, name => ({ ...group(name), ...work })],
  ['DeleteGroupPolicy', 'groupWithPolicy', groupArn, name => ({ ...group(name), ...work })],
  ['ListGroupPolicies', 'group', groupArn, group],
  ['AttachGroupPolicy', 'groupAndPolicy', groupArn, name => ({ ...group(name), ...policy(name) })],
  ['DetachGroupPolicy', 'groupAttached', groupArn, name => ({ ...group(name), ...policy(name) })],
  ['ListAttachedGroupPolicies', 'group', groupArn, group],

  [
    'CreatePolicy',
    'nothing',
    policyArn,
    name => ({ PolicyName: name, Path: '/team/', PolicyDocument: document }),
  ],
  ['GetPolicy', 'policy', policyArn, policy],
  ['DeletePolicy', 'policy', policyArn, policy],
  ['ListPolicies', 'nothing', all, () => ({})],
  ['ListEntitiesForPolicy', 'policy', policyArn, policy],
  ['TagPolicy', 'policy', policyArn, name => ({ ...policy(name), ...tagging })],
  ['UntagPolicy', 'policy', policyArn, name => ({ ...policy(name), ...untagging })],
  ['ListPolicyTags', 'policy', policyArn, policy],
  ['CreatePolicyVersion', 'policy', policyArn, name => ({ ...policy(name), PolicyDocument: document })],
  ['GetPolicyVersion', 'policy', policyArn, name => ({ ...policy(name), VersionId: 'v1' })],
  ['ListPolicyVersions', 'policy', policyArn, policy],
  [
    'SetDefaultPolicyVersion',
    'policyOfTwoVersions',
    policyArn,
    name => ({ ...policy(name), VersionId: 'v2' }),
  ],
  ['DeletePolicyVersion', 'policyOfTwoVersions', policyArn, name => ({ ...policy(name), VersionId: 'v2' })],

  [
    'SimulateCustomPolicy',
    'nothing',
    all,
    () => ({ PolicyInputList: [document], ActionNames: ['iam:GetRole'] }),
  ],
  [
    'SimulatePrincipalPolicy',
    'user',
    userArn,
    name => ({ PolicySourceArn: userArn(name), ActionNames: ['iam:GetRole'] }),
  ],
  ['GetContextKeysForCustomPolicy', 'nothing', all, () => ({ PolicyInputList: [document] })],
  ['GetContextKeysForPrincipalPolicy', 'user', userArn, name => ({ PolicySourceArn: userArn(name) })],

  ['CreateOpenIDConnectProvider', 'nothing', providerArn, name => ({ Url: `https://${name}.example` })],
  ['GetOpenIDConnectProvider', 'provider', providerArn, provider],
  ['ListOpenIDConnectProviders', 'nothing', all, () => ({})],
  ['DeleteOpenIDConnectProvider', 'provider', providerArn, provider],
  [
    'AddClientIDToOpenIDConnectProvider',
    'provider',
    providerArn,
    name => ({ ...provider(name), ClientID: 'app' }),
  ],
  [
    'RemoveClientIDFromOpenIDConnectProvider',
    'provider',
    providerArn,
    name => ({ ...provider(name), ClientID: 'app' }),
  ],
  [
    'UpdateOpenIDConnectProviderThumbprint',
    'provider',
    providerArn,
    name => ({ ...provider(name), ThumbprintList: ['a'.repeat(40)] }),
  ],
  ['TagOpenIDConnectProvider', 'provider', providerArn, name => ({ ...provider(name), ...tagging })],
  ['UntagOpenIDConnectProvider', 'provider', providerArn, name => ({ ...provider(name), ...untagging })],
  ['ListOpenIDConnectProviderTags', 'provider', providerArn, provider],

  [
    'CreateSAMLProvider',
    'nothing',
    samlArn,
    name => ({ Name: name, SAMLMetadataDocument: samlIdp.metadata() }),
  ],
  ['GetSAMLProvider', 'samlProvider', samlArn, samlProvider],
  ['ListSAMLProviders', 'nothing', all, () => ({})],
  [
    'UpdateSAMLProvider',
    'samlProvider',
    samlArn,
    name => ({ ...samlProvider(name), SAMLMetadataDocument: samlIdp.metadata() }),
  ],
  ['DeleteSAMLProvider', 'samlProvider', samlArn, samlProvider],
  ['TagSAMLProvider', 'samlProvider', samlArn, name => ({ ...samlProvider(name), ...tagging })],
  ['UntagSAMLProvider', 'samlProvider', samlArn, name => ({ ...samlProvider(name), ...untagging })],
  ['ListSAMLProviderTags', 'samlProvider', samlArn, samlProvider],
]

let count = 0

/** A session of a role of its own, which has these statements for its policy. */
async function sessionWith(...statements: Parameters<typeof policyOf>): Promise<{ keys: Keys; arn: string }> {
  const name = `caller-${count++}`
  const role = await rolecall.createRole(name, trust)
  await setPolicy(rolecall, name, ...statements)
  const answer = await assumeRole(rolecall, role, issuer.sign())
  return { keys: keysOf(answer), arn: answer.AssumedRoleUser?.Arn ?? '' }
}

async function ask([action, before, , input]: Row, keys: Keys, name: string): Promise<unknown> {
  await make[before](name)
  return send(rolecall.iam(keys), action, input(name))
}

/** They are no part of AWS's, and have tests of their own. */
const ownActions = [
  'RevokeSessions',
  'PutLDAPGroupRoles',
  'GetLDAPGroupRoles',
  'PutProviderRoleMapping',
  'GetProviderRoleMapping',
  'DeleteProviderRoleMapping',
  'ListProviderRoleMappings',
  'ListWaysIn',
  'UnlinkWayIn',
  'SimulateRoleMapping',
  'LintPolicy',
]
/** For users alone, where these callers are roles: test/iam/login-profiles.test.ts has it. */
const usersAlone = ['ChangePassword']

test('every action of the service has its row here', () => {
  const { actions } = createIamService({} as Parameters<typeof createIamService>[0])
  assert.deepEqual(
    [...rows.map(([action]) => action), ...ownActions, ...usersAlone].sort(),
    [...actions.keys()].sort(),
  )
})

for (const row of rows) {
  const [action, , resource, input] = row
  const name = action.toLowerCase()

  test(`${action}: a session that may do everything else may not`, async () => {
    const target = `${name}-1`
    const { keys, arn } = await sessionWith({ Effect: 'Allow', NotAction: `iam:${action}`, Resource: '*' })
    const { message, ...fault } = await faultOf(ask(row, keys, target))
    assert.deepEqual(fault, { code: 'AccessDenied', status: 403, type: 'Sender' })
    const [said] = message.split('. Encoded authorization failure message: ')
    assert.equal(
      said,
      `User: ${arn} is not authorized to perform: iam:${action} on resource: ${resource(target)} because no identity-based policy allows the iam:${action} action`,
    )
    // It was the permission alone, and nothing was done: the owner still can.
    await asRoot(action, input(target))
  })

  test(`${action}: a session that may do this alone, on this alone, may`, async () => {
    const target = `${name}-2`
    const { keys } = await sessionWith(allow(`iam:${action}`, resource(target)))
    await ask(row, keys, target)
  })

  test(`${action}: an explicit deny wins over an allow of everything`, async () => {
    const target = `${name}-3`
    const deny = { Effect: 'Deny', Action: `iam:${action}`, Resource: resource(target) }
    const { keys, arn } = await sessionWith(allow('*'), deny)
    const { code, status, message } = await faultOf(ask(row, keys, target))
    assert.deepEqual([code, status], ['AccessDenied', 403])
    const start = `User: ${arn} is not authorized to perform: iam:${action} on resource: ${resource(target)} with an explicit deny in `
    assert.ok(message.startsWith(start), message)
    await asRoot(action, input(target))
  })

  test(`${action}: a request without a signature is refused, whatever else is in it`, async () => {
    const fault = faultIn(await postForm(rolecall, { Action: action, Version: '2010-05-08' }))
    assert.deepEqual([fault.code, fault.status], ['MissingAuthenticationToken', 403])
  })
}

for (const row of rows.filter(([, , resource]) => resource('any') !== '*')) {
  const [action, , resource] = row
  test(`${action}: leave for another resource is none for this one`, async () => {
    const target = `${action.toLowerCase()}-4`
    const another = resource('another').replace('/team/', '/another-team/')
    const { keys } = await sessionWith(allow(`iam:${action}`, another))
    assert.equal((await faultOf(ask(row, keys, target))).code, 'AccessDenied')
  })
}

test('a session policy takes away what the role may, and adds nothing', async () => {
  const role = await rolecall.createRole('narrowed', trust)
  await setPolicy(rolecall, 'narrowed', allow(['iam:GetRole', 'iam:ListRoles']))
  const Policy = policyOf(allow(['iam:GetRole', 'iam:DeleteRole']))
  const keys = keysOf(await assumeRole(rolecall, role, issuer.sign(), { Policy }))
  const client = rolecall.iam(keys)
  assert.ok((await client.send(new iam.GetRoleCommand({ RoleName: 'narrowed' }))).Role)
  const faults = await Promise.all([
    faultOf(client.send(new iam.ListRolesCommand())),
    faultOf(client.send(new iam.DeleteRoleCommand({ RoleName: 'narrowed' }))),
  ])
  for (const { code } of faults) assert.equal(code, 'AccessDenied')
})
