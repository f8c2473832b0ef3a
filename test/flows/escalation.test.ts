import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as iam from '@aws-sdk/client-iam'
import {
  AssumeRoleCommand,
  AssumeRoleWithSAMLCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
} from '@aws-sdk/client-sts'
import { allow, assumeRole, faultOf, keysOf, policyOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { faultIn } from '../support/post-form.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'
import { awsAttributes, createSamlIdp, encode } from '../support/saml-idp.ts'
import { postSigned } from '../support/signed-form.ts'

/*
 * The well-known ways in which somebody who may administer a little makes themselves able to do everything. Each is
 * tried twice: by a delegate who is held by a permissions boundary, and must not get there; and by one who is not, and
 * does. Without the second, a path that is merely broken would look like one that is closed.
 */

const rolecall = await startRolecall()
const { accountId } = rolecall
const root = rolecall.iam()
const entities = entitiesOf(rolecall)

const arn = (resource: string) => `arn:aws:iam::${accountId}:${resource}`
const crownAction = 'iam:CreateOpenIDConnectProvider'
const crown = allow(crownAction)
const everything = policyOf(allow('*'))
const guardArn = arn('policy/guard')
const mine = (kind: string) => arn(`${kind}/delegated/*`)

const guard = policyOf(
  allow(['s3:*', 'sts:*', 'iam:Get*', 'iam:List*']),
  {
    ...allow(
      [
        'iam:CreateUser',
        'iam:CreateRole',
        'iam:PutUserPolicy',
        'iam:DeleteUserPolicy',
        'iam:AttachUserPolicy',
        'iam:DetachUserPolicy',
        'iam:PutRolePolicy',
        'iam:AttachRolePolicy',
        'iam:UpdateAssumeRolePolicy',
        'iam:PutUserPermissionsBoundary',
        'iam:PutRolePermissionsBoundary',
      ],
      [mine('user'), mine('role')],
    ),
    Condition: { StringEquals: { 'iam:PermissionsBoundary': guardArn } },
  },
  allow(['iam:*AccessKey', 'iam:TagUser', 'iam:UpdateUser'], mine('user')),
  allow('iam:*Policy*', mine('policy')),
  allow(['iam:*Group', 'iam:*GroupPolicy'], mine('group')),
)
await root.send(new iam.CreatePolicyCommand({ PolicyName: 'guard', PolicyDocument: everything }))
await root.send(
  new iam.CreatePolicyVersionCommand({ PolicyArn: guardArn, PolicyDocument: guard, SetAsDefault: true }),
)
const adminPolicy = await entities.policy('admin', allow('*'))
await entities.user('administrator', [allow('*')])
const trust = (principal: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' },
  })

/** What an attempt is made in: names of its own, and things that an administrator has made. */
type Scene = {
  name: string
  userArn: string
  keys: Keys
  client: iam.IAMClient
  take(role: string): Promise<Keys>
}

let count = 0
async function newScene(guarded: boolean): Promise<Scene> {
  const name = `delegate-${count++}`
  await root.send(new iam.CreateUserCommand({ UserName: name, Path: '/delegated/', ...bounded(guarded) }))
  await entities.userPolicy(name, { Effect: 'Allow', NotAction: crownAction, Resource: '*' })
  const keys = await entities.accessKey(name)
  return {
    name,
    userArn: arn(`user/delegated/${name}`),
    keys,
    client: rolecall.iam(keys),
    async take(role) {
      const RoleArn = role.startsWith('arn:') ? role : arn(`role/delegated/${role}`)
      return keysOf(
        await rolecall.sts(keys).send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'climb' })),
      )
    },
  }
}

/** Made by the administrator, and bounded like everything of the delegate's where the delegate is. */
const bounded = (guarded: boolean) => (guarded ? { PermissionsBoundary: guardArn } : {})

async function roleOf({ name, userArn }: Scene, guarded: boolean): Promise<string> {
  const RoleName = `${name}-role`
  await root.send(
    new iam.CreateRoleCommand({
      RoleName,
      Path: '/delegated/',
      AssumeRolePolicyDocument: trust(userArn),
      ...bounded(guarded),
    }),
  )
  return RoleName
}

async function groupOf({ name }: Scene, ...statements: Parameters<typeof policyOf>): Promise<string> {
  const GroupName = `${name}-group`
  await root.send(new iam.CreateGroupCommand({ GroupName, Path: '/delegated/' }))
  await root.send(
    new iam.PutGroupPolicyCommand({ GroupName, PolicyName: 'own', PolicyDocument: policyOf(...statements) }),
  )
  await root.send(new iam.AddUserToGroupCommand({ GroupName, UserName: name }))
  return GroupName
}

/** A policy of the delegate's own, attached to the delegate; its first version allows everything. */
async function policyOfDelegate({ name }: Scene): Promise<string> {
  const made = { PolicyName: `${name}-policy`, Path: '/delegated/', PolicyDocument: everything }
  await root.send(new iam.CreatePolicyCommand(made))
  const PolicyArn = arn(`policy/delegated/${name}-policy`)
  const PolicyDocument = policyOf(allow('s3:*'))
  await root.send(new iam.CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }))
  await root.send(new iam.AttachUserPolicyCommand({ UserName: name, PolicyArn }))
  return PolicyArn
}

const inline = { PolicyName: 'climb', PolicyDocument: everything }
const denyCrown = { Effect: 'Deny', Action: crownAction, Resource: '*' }

const roleFor = (name: string) => arn(`role/${name}-mapped`)

/** An administrator's role that trusts everybody of a provider, whose mapping gives them another one. */
async function mappedAway(name: string) {
  const issuer = await rolecall.registerIssuer()
  const RoleArn = await rolecall.createRole(`${name}-mapped`, trusting(accountId, issuer))
  await root.send(new iam.PutRolePolicyCommand({ RoleName: `${name}-mapped`, ...inline }))
  const form = {
    Provider: arn(`oidc-provider/${issuer.url.replace('http://', '')}`),
    Type: 'Token',
    AmbiguousRoleResolution: 'AuthenticatedRole',
  }
  const put = async (keys: Keys, Action: string, more: Record<string, string>) => {
    const answer = await postSigned(rolecall, 'iam', { Action, Version: '2010-05-08', ...more }, keys)
    if (answer.status !== 200) throw Object.assign(new Error(answer.xml), { Code: faultIn(answer).code })
  }
  await put(rolecall.rootKeys, 'PutProviderRoleMapping', { ...form, DefaultRoleArn: arn('role/harmless') })
  const take = async () => keysOf(await assumeRole(rolecall, RoleArn, issuer.sign()))
  assert.equal((await faultOf(take())).code, 'AccessDenied')
  return { form, put, take }
}

/** Answers credentials that were won on the way, beside the delegate's own. */
type Path = (scene: Scene, guarded: boolean) => Promise<Keys[]>

const own = async (...steps: Promise<unknown>[]): Promise<Keys[]> => {
  await Promise.all(steps)
  return []
}
async function keyFor(client: iam.IAMClient, UserName: string): Promise<Keys> {
  const { AccessKey } = await client.send(new iam.CreateAccessKeyCommand({ UserName }))
  return {
    accessKeyId: AccessKey?.AccessKeyId ?? '',
    secretAccessKey: AccessKey?.SecretAccessKey ?? '',
  }
}

const paths: Record<string, Path> = {
  'PutUserPolicy on oneself': ({ client, name }) =>
    own(client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))),
  'AttachUserPolicy of an administrator’s policy to oneself': ({ client, name }) =>
    own(client.send(new iam.AttachUserPolicyCommand({ UserName: name, PolicyArn: adminPolicy }))),
  async 'CreatePolicyVersion of a policy that one has'(scene) {
    const PolicyArn = await policyOfDelegate(scene)
    const asked = { PolicyArn, PolicyDocument: everything, SetAsDefault: true }
    return own(scene.client.send(new iam.CreatePolicyVersionCommand(asked)))
  },
  async 'SetDefaultPolicyVersion back to one that allowed more'(scene) {
    const PolicyArn = await policyOfDelegate(scene)
    return own(scene.client.send(new iam.SetDefaultPolicyVersionCommand({ PolicyArn, VersionId: 'v1' })))
  },
  async 'PutGroupPolicy on a group that one is in'(scene) {
    const GroupName = await groupOf(scene, allow('s3:*'))
    return own(scene.client.send(new iam.PutGroupPolicyCommand({ GroupName, ...inline })))
  },
  async 'AttachGroupPolicy to a group that one is in'(scene) {
    const GroupName = await groupOf(scene, allow('s3:*'))
    return own(scene.client.send(new iam.AttachGroupPolicyCommand({ GroupName, PolicyArn: adminPolicy })))
  },
  async 'AddUserToGroup, of oneself to the administrators'({ client, name }) {
    const GroupName = `${name}-admins`
    await entities.group(GroupName, allow('*'))
    return own(client.send(new iam.AddUserToGroupCommand({ GroupName, UserName: name })))
  },
  async 'RemoveUserFromGroup, of oneself from a group that denies'(scene) {
    const { client, name } = scene
    const GroupName = await groupOf(scene, denyCrown)
    await client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))
    return own(client.send(new iam.RemoveUserFromGroupCommand({ GroupName, UserName: name })))
  },
  async 'DeleteUserPolicy of one that denies'({ client, name }) {
    const PolicyDocument = policyOf(denyCrown)
    await root.send(new iam.PutUserPolicyCommand({ UserName: name, PolicyName: 'deny', PolicyDocument }))
    await client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))
    return own(client.send(new iam.DeleteUserPolicyCommand({ UserName: name, PolicyName: 'deny' })))
  },
  async 'DetachUserPolicy of one that denies'({ client, name }) {
    const PolicyArn = await entities.policy(`${name}-denies`, denyCrown)
    await root.send(new iam.AttachUserPolicyCommand({ UserName: name, PolicyArn }))
    await client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))
    return own(client.send(new iam.DetachUserPolicyCommand({ UserName: name, PolicyArn })))
  },
  async 'CreateAccessKey for an administrator'({ client, name }) {
    await entities.user(`${name}-admin`, [allow('*')])
    return [await keyFor(client, `${name}-admin`)]
  },
  async 'UpdateUser, bringing an administrator to where one may make keys'({ client, name }) {
    await entities.user(`${name}-admin`, [allow('*')])
    const asked = { UserName: `${name}-admin`, NewPath: '/delegated/' }
    await client.send(new iam.UpdateUserCommand(asked))
    return [await keyFor(client, `${name}-admin`)]
  },
  async 'CreateUser without a boundary'({ client, name }) {
    const UserName = `${name}-new`
    await client.send(new iam.CreateUserCommand({ UserName, Path: '/delegated/' }))
    await client.send(new iam.PutUserPolicyCommand({ UserName, ...inline }))
    return [await keyFor(client, UserName)]
  },
  async 'CreateUser with the boundary, which is then taken away'({ client, name }) {
    const UserName = `${name}-new`
    const asked = { UserName, Path: '/delegated/', PermissionsBoundary: guardArn }
    await client.send(new iam.CreateUserCommand(asked))
    await client.send(new iam.PutUserPolicyCommand({ UserName, ...inline }))
    const keys = await keyFor(client, UserName)
    await client.send(new iam.DeleteUserPermissionsBoundaryCommand({ UserName })).catch(() => undefined)
    return [keys]
  },
  async 'CreateUser with the boundary, and another boundary after that'({ client, name }) {
    const UserName = `${name}-new`
    const asked = { UserName, Path: '/delegated/', PermissionsBoundary: guardArn }
    await client.send(new iam.CreateUserCommand(asked))
    await client.send(new iam.PutUserPolicyCommand({ UserName, ...inline }))
    const keys = await keyFor(client, UserName)
    const other = { UserName, PermissionsBoundary: adminPolicy }
    await client.send(new iam.PutUserPermissionsBoundaryCommand(other)).catch(() => undefined)
    return [keys]
  },
  async 'DeleteUserPermissionsBoundary on oneself'({ client, name }, guarded) {
    await client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))
    // Who has no boundary was there already.
    if (!guarded) return []
    return own(client.send(new iam.DeleteUserPermissionsBoundaryCommand({ UserName: name })))
  },
  async 'PutUserPermissionsBoundary on oneself, with one that allows everything'({ client, name }) {
    await client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))
    const asked = { UserName: name, PermissionsBoundary: adminPolicy }
    return own(client.send(new iam.PutUserPermissionsBoundaryCommand(asked)))
  },
  async 'SetDefaultPolicyVersion of the boundary, back to a version that allows everything'(
    { client, name },
    guarded,
  ) {
    await client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))
    if (!guarded) return []
    const asked = { PolicyArn: guardArn, VersionId: 'v1' }
    return own(client.send(new iam.SetDefaultPolicyVersionCommand(asked)))
  },
  async 'CreatePolicyVersion of the boundary'({ client, name }, guarded) {
    await client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))
    if (!guarded) return []
    const asked = { PolicyArn: guardArn, PolicyDocument: everything, SetAsDefault: true }
    return own(client.send(new iam.CreatePolicyVersionCommand(asked)))
  },
  async 'DeletePolicyVersion and DeletePolicy of the boundary'({ client, name }, guarded) {
    await client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))
    if (!guarded) return []
    const PolicyArn = guardArn
    return own(
      client.send(new iam.DeletePolicyVersionCommand({ PolicyArn, VersionId: 'v2' })),
      client.send(new iam.DeletePolicyCommand({ PolicyArn })),
    )
  },
  async 'PutRolePolicy on a role that one may take'(scene, guarded) {
    const RoleName = await roleOf(scene, guarded)
    await scene.client.send(new iam.PutRolePolicyCommand({ RoleName, ...inline }))
    return [await scene.take(RoleName)]
  },
  async 'AttachRolePolicy to a role that one may take'(scene, guarded) {
    const RoleName = await roleOf(scene, guarded)
    await scene.client.send(new iam.AttachRolePolicyCommand({ RoleName, PolicyArn: adminPolicy }))
    return [await scene.take(RoleName)]
  },
  async 'CreateRole without a boundary, which trusts oneself'(scene) {
    const RoleName = `${scene.name}-new`
    const asked = { RoleName, Path: '/delegated/', AssumeRolePolicyDocument: trust(scene.userArn) }
    await scene.client.send(new iam.CreateRoleCommand(asked))
    await scene.client.send(new iam.PutRolePolicyCommand({ RoleName, ...inline }))
    return [await scene.take(RoleName)]
  },
  async 'DeleteRolePermissionsBoundary on a role that one may take'(scene, guarded) {
    const RoleName = await roleOf(scene, guarded)
    const { client } = scene
    await client.send(new iam.PutRolePolicyCommand({ RoleName, ...inline }))
    await client.send(new iam.DeleteRolePermissionsBoundaryCommand({ RoleName })).catch(() => undefined)
    return [await scene.take(RoleName)]
  },
  async 'UpdateAssumeRolePolicy of an administrator’s role'(scene) {
    const RoleName = `${scene.name}-admin`
    const admin = await rolecall.createRole(RoleName, JSON.parse(trust(arn('user/administrator'))))
    await root.send(new iam.PutRolePolicyCommand({ RoleName, ...inline }))
    const asked = { RoleName, PolicyDocument: trust(scene.userArn) }
    await scene.client.send(new iam.UpdateAssumeRolePolicyCommand(asked))
    return [await scene.take(admin)]
  },
  async 'UpdateSAMLProvider, whose keys then vouch for oneself to an administrator’s role'({ client, name }) {
    const [theirs, mine] = [createSamlIdp(), createSamlIdp()]
    const Name = `${name}-corp`
    await root.send(new iam.CreateSAMLProviderCommand({ Name, SAMLMetadataDocument: theirs.metadata() }))
    const provider = arn(`saml-provider/${Name}`)
    const Principal = { Federated: provider }
    const trust = { Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithSAML' }
    const RoleArn = await rolecall.createRole(`${name}-saml`, { Version: '2012-10-17', Statement: trust })
    await root.send(new iam.PutRolePolicyCommand({ RoleName: `${name}-saml`, ...inline }))
    const update = { SAMLProviderArn: provider, SAMLMetadataDocument: mine.metadata() }
    await client.send(new iam.UpdateSAMLProviderCommand(update))
    const response = await mine.respond({
      recipient: `${rolecall.url}/saml/acs`,
      audience: `${rolecall.url}/saml/metadata`,
      attributes: awsAttributes([RoleArn], provider),
    })
    const SAMLAssertion = encode(response)
    const asked = new AssumeRoleWithSAMLCommand({ RoleArn, PrincipalArn: provider, SAMLAssertion })
    return [keysOf(await rolecall.sts().send(asked))]
  },
  async 'PutProviderRoleMapping, by which a provider’s people, and so oneself, may have an administrator’s role'({
    name,
    keys,
  }) {
    const { form, take, put } = await mappedAway(name)
    await put(keys, 'PutProviderRoleMapping', { ...form, DefaultRoleArn: roleFor(name) })
    return [await take()]
  },
  async 'DeleteProviderRoleMapping, which kept oneself from an administrator’s role'({ name, keys }) {
    const { form, take, put } = await mappedAway(name)
    await put(keys, 'DeleteProviderRoleMapping', { Provider: form.Provider })
    return [await take()]
  },
  async 'TagUser, of oneself, where an administrator’s policy goes by a tag'({ client, name }) {
    const byTag = { ...crown, Condition: { StringEquals: { 'aws:PrincipalTag/admin': 'true' } } }
    const asked = { UserName: name, PolicyName: 'by-tag', PolicyDocument: policyOf(byTag) }
    await root.send(new iam.PutUserPolicyCommand(asked))
    const Tags = [{ Key: 'admin', Value: 'true' }]
    return own(client.send(new iam.TagUserCommand({ UserName: name, Tags })))
  },
  async 'GetSessionToken, whose session would leave the boundary behind'({ client, name, keys }, guarded) {
    await client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))
    if (!guarded) return []
    return [keysOf(await rolecall.sts(keys).send(new GetSessionTokenCommand({})))]
  },
  async 'GetFederationToken, passing on more than one has'({ client, name, keys }, guarded) {
    await client.send(new iam.PutUserPolicyCommand({ UserName: name, ...inline }))
    if (!guarded) return []
    const asked = { Name: 'climb', Policy: everything }
    return [keysOf(await rolecall.sts(keys).send(new GetFederationTokenCommand(asked)))]
  },
}

const reach = (keys: Keys) =>
  rolecall
    .iam(keys)
    .send(new iam.CreateOpenIDConnectProviderCommand({ Url: `https://crown-${count++}.example` }))

describe('a delegate who is held by a boundary', () => {
  for (const [path, climb] of Object.entries(paths)) {
    test(`does not climb by ${path}`, async () => {
      const scene = await newScene(true)
      const won = await climb(scene, true).catch(error => {
        assert.equal(error.Code, 'AccessDenied', String(error))
        return []
      })
      for (const keys of [scene.keys, ...won]) assert.equal((await faultOf(reach(keys))).code, 'AccessDenied')
    })
  }
})

describe('a delegate who is not', () => {
  for (const [path, climb] of Object.entries(paths)) {
    test(`climbs by ${path}`, async () => {
      const scene = await newScene(false)
      const won = await climb(scene, false)
      const outcomes = await Promise.allSettled([scene.keys, ...won].map(reach))
      assert.ok(outcomes.some(({ status }) => status === 'fulfilled'))
    })
  }
})
