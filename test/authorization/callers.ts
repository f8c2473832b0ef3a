import type { RootCaller, SessionCaller } from '../../server/base/caller.ts'
import type { Session } from '../../server/base/session.ts'
import { accountId, provider, startMs } from '../federation/compose-gate.ts'

export const root: RootCaller = {
  kind: 'root',
  accountId,
  arn: `arn:aws:iam::${accountId}:root`,
  userId: accountId,
  accessKeyId: 'AKIAEXAMPLE',
}

/** A session of role `reader` on path `/team/`, as `ada`. */
export function sessionCaller(roleId: string, more: Partial<Session> = {}): SessionCaller {
  const accessKeyId = 'ASIAEXAMPLE'
  return {
    kind: 'session',
    accountId,
    arn: `arn:aws:sts::${accountId}:assumed-role/reader/ada`,
    userId: `${roleId}:ada`,
    accessKeyId,
    roleArn: `arn:aws:iam::${accountId}:role/team/reader`,
    roleTags: {},
    session: {
      accessKeyId,
      kind: 'role',
      principalId: roleId,
      name: 'ada',
      person: { issuer: 'https://issuer.example', subject: 'person-1' },
      proof: {
        provider,
        audience: 'rolecall',
        subjectKey: 'issuer.example:sub',
        audienceKey: 'issuer.example:aud',
      },
      issuedAtSeconds: startMs / 1000 - 60,
      expiresAtSeconds: startMs / 1000 + 840,
      ancestors: [],
      tags: {},
      transitiveTagKeys: [],
      policyArns: [],
      demo: false,
      ...more,
    },
  }
}
