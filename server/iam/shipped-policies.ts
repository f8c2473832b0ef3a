import type { Clock } from '../base/clock.ts'
import { newId } from '../base/ids.ts'
import { Refusal } from '../base/refusal.ts'
import type { Policies } from '../store/policies.ts'

type Shipped = { name: string; path: string; description: string; allows: readonly string[] }

/** Under AWS's names, for what there is here: what people attach without thinking must be there and mean the same. */
const shipped: readonly Shipped[] = [
  {
    name: 'AdministratorAccess',
    path: '/',
    description: 'Everything, on everything.',
    allows: ['*'],
  },
  {
    name: 'ReadOnlyAccess',
    path: '/',
    description: 'Looks at everything and changes nothing.',
    allows: [
      'iam:Generate*',
      'iam:Get*',
      'iam:List*',
      'iam:Simulate*',
      'cloudtrail:LookupEvents',
      'sts:GetAccessKeyInfo',
    ],
  },
  {
    name: 'IAMFullAccess',
    path: '/',
    description: 'Everything in Identity and Access Management.',
    allows: ['iam:*'],
  },
  {
    name: 'IAMReadOnlyAccess',
    path: '/',
    description: 'Looks at everything in Identity and Access Management.',
    allows: ['iam:Generate*', 'iam:Get*', 'iam:List*', 'iam:Simulate*'],
  },
  {
    name: 'AWSCloudTrail_ReadOnlyAccess',
    path: '/',
    description: 'Reads the trail.',
    allows: ['cloudtrail:LookupEvents'],
  },
]

/** Of a policy that a newer release ships otherwise, the versions of before stay; the eldest make room. */
const mostVersions = 5

/** Sees to it that they are there as this release ships them. Several nodes may start at once. */
export async function ensureShippedPolicies(policies: Policies, clock: Clock): Promise<void> {
  for (const one of shipped) {
    const document = documentOf(one)
    const known = await policies.find(one.name, true)
    if (known === undefined) await create(one, document, policies, clock())
    else if ((await policies.findDocument(known.id)) !== document) {
      const versions = await policies.listVersions(known.id)
      const eldest = versions.findLast(({ version }) => version !== known.defaultVersion)
      if (versions.length >= mostVersions && eldest !== undefined) {
        await policies.deleteVersion(known.id, eldest.version)
      }
      await policies.addVersion(known, { document, asDefault: true, nowMs: clock(), mostVersions })
    }
  }
}

async function create(one: Shipped, document: string, policies: Policies, nowMs: number): Promise<void> {
  try {
    await policies.create(
      {
        id: newId('ANPA'),
        name: one.name,
        shipped: true,
        path: one.path,
        description: one.description,
        defaultVersion: 'v1',
        tags: {},
        createdAtMs: nowMs,
        updatedAtMs: nowMs,
        demo: false,
      },
      document,
    )
  } catch (error) {
    // Another node was faster.
    if (!(error instanceof Refusal && error.reason === 'entity.exists')) throw error
  }
}

function documentOf({ allows }: Shipped): string {
  const Statement = [{ Effect: 'Allow', Action: allows, Resource: '*' }]
  return JSON.stringify({ Version: '2012-10-17', Statement }, undefined, 2)
}
