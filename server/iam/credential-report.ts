import { defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import { rootArn, userArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { AccessKey } from '../store/access-keys.ts'
import type { User } from '../store/users.ts'
import type { IamDeps } from './deps.ts'
import { findPasswordPolicy } from './password-policy.ts'
import { wireDate } from './shapes.ts'

const reportSetting = 'credential-report'

/** @see AWS IAM User Guide, "Understanding the report format"; what there is not here is `N/A` or `false` */
const columns = [
  'user',
  'arn',
  'user_creation_time',
  'password_enabled',
  'password_last_used',
  'password_last_changed',
  'password_next_rotation',
  'mfa_active',
  'access_key_1_active',
  'access_key_1_last_rotated',
  'access_key_1_last_used_date',
  'access_key_1_last_used_region',
  'access_key_1_last_used_service',
  'access_key_2_active',
  'access_key_2_last_rotated',
  'access_key_2_last_used_date',
  'access_key_2_last_used_region',
  'access_key_2_last_used_service',
  'cert_1_active',
  'cert_1_last_rotated',
  'cert_2_active',
  'cert_2_last_rotated',
] as const

type Report = { atMs: number; csv: string }

/**
 * Makes the report at once; it can be fetched until the next is made.
 *
 * @see AWS IAM API reference, GenerateCredentialReport
 */
export const generateCredentialReport = defineAction({
  name: 'GenerateCredentialReport',
  auth: 'signed',
  input: params({}),
  permission: () => ({ action: 'iam:GenerateCredentialReport', resource: '*' }),
  async handle(_asked, deps: IamDeps) {
    const users = await deps.users.list()
    const rows = [rootRow(deps), ...(await Promise.all(users.map(user => rowOf(user, deps))))]
    const csv = [columns.join(','), ...rows.map(row => row.join(','))].join('\n')
    const report: Report = { atMs: deps.clock(), csv }
    await deps.settings.set(reportSetting, JSON.stringify(report))
    return { State: 'COMPLETE', Description: 'The report was made.' }
  },
})

/**
 * @throws {Refusal} report.missing
 * @see AWS IAM API reference, GetCredentialReport
 */
export const getCredentialReport = defineAction({
  name: 'GetCredentialReport',
  auth: 'signed',
  input: params({}),
  permission: () => ({ action: 'iam:GetCredentialReport', resource: '*' }),
  async handle(_asked, { settings }: IamDeps) {
    const kept = await settings.find(reportSetting)
    if (kept === undefined) throw new Refusal('report.missing')
    const { atMs, csv }: Report = JSON.parse(kept)
    return {
      Content: Buffer.from(csv).toString('base64'),
      ReportFormat: 'text/csv',
      GeneratedTime: wireDate(atMs),
    }
  },
})

const none = 'N/A'
const noCertificates = ['false', none, 'false', none]

function rootRow({ accountId }: IamDeps): string[] {
  const key = ['true', none, none, none, none]
  return [
    '<root_account>',
    rootArn(accountId),
    none,
    'false',
    none,
    none,
    none,
    'false',
    ...key,
    ...noKey,
    ...noCertificates,
  ]
}

const noKey = ['false', none, none, none, none]

async function rowOf(user: User, deps: IamDeps): Promise<string[]> {
  const [first, second] = await deps.accessKeys.list(user.id)
  const hasFactor = (await deps.mfaDevices.listOf(user.id)).length > 0
  return [
    user.name,
    userArn(deps.accountId, user.path, user.name),
    wireDate(user.createdAtMs),
    ...(await passwordCells(user, deps)),
    String(hasFactor),
    ...(await keyCells(first, deps)),
    ...(await keyCells(second, deps)),
    ...noCertificates,
  ].map(quoted)
}

/** Enabled, last used, last changed, next rotation. */
async function passwordCells(user: User, { loginProfiles, settings }: IamDeps): Promise<string[]> {
  const profile = await loginProfiles.find(user.id)
  if (profile === undefined) return ['false', none, none, none]
  const { maxAgeDays } = (await findPasswordPolicy(settings)) ?? {}
  const next = maxAgeDays === undefined ? none : wireDate(profile.changedAtMs + maxAgeDays * 86_400_000)
  return ['true', 'no_information', wireDate(profile.changedAtMs), next]
}

async function keyCells(key: AccessKey | undefined, { lastUsed }: IamDeps): Promise<string[]> {
  if (key === undefined) return noKey
  const use = await lastUsed.find(key.id)
  return [
    String(key.active),
    wireDate(key.createdAtMs),
    use === undefined ? none : wireDate(use.atMs),
    use?.region ?? none,
    use?.service ?? none,
  ]
}

/** Names may hold commas, and a cell that begins with `=`, `+`, `-` or `@` is a formula to whoever opens the report. */
function quoted(cell: string): string {
  const plain = /^[=+\-@]/.test(cell) ? `'${cell}` : cell
  return /[",\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}
