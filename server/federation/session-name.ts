import type { FederatedIdentity } from '../base/federated-identity.ts'

/**
 * A session name (2-64 of `[\w+=,.@-]`) for somebody who did not choose one: the provider's, where it gives one. It is for
 * people to read in the audit log; who they are is the issuer and the subject beside it.
 */
export function sessionNameFor({ sessionName, email, displayName, subject }: FederatedIdentity): string {
  if (sessionName !== undefined) return sessionName
  for (const wish of [email, displayName, subject]) {
    const name = (wish ?? '')
      .normalize('NFKD')
      .replace(/\p{M}/gu, '')
      .replace(/[^A-Za-z0-9_+=,.@-]+/g, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 64)
    if (name.length >= 2) return name
  }
  return 'anonymous'
}
