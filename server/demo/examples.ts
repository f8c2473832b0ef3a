import { oidcProviderArn } from '../base/arn.ts'
import type { Clock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import type { Store } from '../store/open-store.ts'
import type { DemoProviders } from './start-demo-providers.ts'

type Deps = { store: Store; accountId: string; clock: Clock; providers: DemoProviders }

const roleName = 'rolecall-demo'
const policyName = 'rolecall-demo-look-around'

/**
 * What a first try needs: the stand-in issuer registered, and one role that its people may take, with a
 * policy that lets them look around. All of it is marked, and counts for nothing once the demo is off.
 * The stand-ins may come up on other ports than last time, so the trust policy is written at every start.
 */
export async function ensureExamples(deps: Deps): Promise<{ roleName: string }> {
  await registerIssuer(deps)
  await ensureRole(deps)
  return { roleName }
}

async function registerIssuer({ store, clock, providers: { google } }: Deps): Promise<void> {
  for (const provider of await store.oidcProviders.list()) {
    if (provider.demo && provider.issuer !== google?.issuer)
      await store.oidcProviders.delete(provider.urlPath)
  }
  if (google === undefined || (await store.oidcProviders.find(urlPathOf(google.issuer)))) return
  await store.oidcProviders.create({
    urlPath: urlPathOf(google.issuer),
    issuer: google.issuer,
    clientIds: [google.clientId],
    thumbprints: [],
    tags: {},
    createdAtMs: clock(),
    demo: true,
  })
}

async function ensureRole({ store, accountId, clock, providers }: Deps): Promise<void> {
  const trustPolicy = JSON.stringify(trustPolicyFor(providers, accountId), undefined, 2)
  const known = await store.roles.find(roleName)
  if (known !== undefined) {
    // A role of that name which the operator made is theirs.
    if (known.demo && known.trustPolicy !== trustPolicy) await store.roles.change(known, { trustPolicy })
    return
  }
  const roleId = newId('AROA')
  const nowMs = clock()
  await store.roles.create({
    id: roleId,
    name: roleName,
    path: '/',
    description: 'An example: whoever a stand-in vouches for may look at the roles and policies here',
    trustPolicy,
    maxSessionSeconds: 4 * 3600,
    tags: {},
    createdAtMs: nowMs,
    demo: true,
  })
  await store.principalPolicies.attach(roleId, await ensurePolicy(store, nowMs), nowMs)
}

async function ensurePolicy(store: Store, nowMs: number): Promise<string> {
  const known = await store.policies.find(policyName)
  if (known !== undefined) return known.id
  const id = newId('ANPA')
  await store.policies.create(
    {
      id,
      name: policyName,
      shipped: false,
      path: '/',
      description: 'An example: read roles, policies and identity providers',
      defaultVersion: 'v1',
      tags: {},
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
      demo: true,
    },
    JSON.stringify(lookAround, undefined, 2),
  )
  return id
}

const lookAround = {
  Version: '2012-10-17',
  Statement: [{ Sid: 'LookAround', Effect: 'Allow', Action: ['iam:Get*', 'iam:List*'], Resource: '*' }],
}

/** Each provider's people, and only with a token that was made for us. */
function trustPolicyFor({ google, facebook }: DemoProviders, accountId: string): object {
  const action = 'sts:AssumeRoleWithWebIdentity'
  const statements: object[] = []
  if (google !== undefined) {
    const urlPath = urlPathOf(google.issuer)
    statements.push({
      Sid: 'PeopleOfTheStandInForGoogle',
      Effect: 'Allow',
      Principal: { Federated: oidcProviderArn(accountId, urlPath) },
      Action: action,
      Condition: { StringEquals: { [`${urlPath}:aud`]: google.clientId } },
    })
  }
  if (facebook !== undefined) {
    statements.push({
      Sid: 'PeopleOfTheStandInForFacebook',
      Effect: 'Allow',
      Principal: { Federated: 'graph.facebook.com' },
      Action: action,
      Condition: { StringEquals: { 'graph.facebook.com:app_id': facebook.appId } },
    })
  }
  return { Version: '2012-10-17', Statement: statements }
}

function urlPathOf(issuer: string): string {
  return issuer.replace(/^https?:\/\//, '')
}
