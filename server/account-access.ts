import { join } from 'node:path'
import type { AccountEvent } from './accounts/deps.ts'
import { ownIssuer } from './accounts/identity.ts'
import { createOwnAccounts, type OwnAccounts } from './accounts/own-accounts.ts'
import { openPasswordRules } from './accounts/password-rules.ts'
import type { AuditLog } from './audit/audit-log.ts'
import type { Clock } from './base/clock.ts'
import { eventFacts, type RequestFacts } from './base/request-facts.ts'
import type { Config } from './config.ts'
import { hashPassword, isOutdatedHash, isPassword } from './credentials/password-hash.ts'
import { base32, findStep } from './credentials/totp.ts'
import { createPasswordTries } from './identity/password-tries.ts'
import { createPoolNames } from './identity/pool-logins.ts'
import type { Keyring } from './keys/keyring.ts'
import { createOutbox, type Outbox } from './mail/outbox.ts'
import type { IdentityKeys } from './oidc/identity-keys.ts'
import type { Store } from './store/open-store.ts'
import { signIdentityToken } from './tokens/sign-identity-token.ts'

/** Own accounts, and what comes with them. */
export type AccountAccess = {
  ownAccounts: OwnAccounts
  /** In development without a mail server. */
  outbox: Outbox | undefined
  /** Of apps that people come from, and may go back to. */
  returnUrls: readonly string[]
  close(): Promise<void>
}

type Deps = {
  store: Store
  keyring: Keyring
  accountId: string
  identityKeys: IdentityKeys
  audit: Pick<AuditLog, 'record'>
  clock: Clock
  log: { warn(context: object, message: string): void; error(context: object, message: string): void }
}

/** @throws {Error} when the file of refused passwords can't be read */
export async function openAccountAccess(
  { accounts: config, publicUrl, dataDir }: Config,
  { store, keyring, accountId, identityKeys, audit, clock, log }: Deps,
): Promise<AccountAccess | undefined> {
  if (config === undefined) return undefined
  const issuer = { ...ownIssuer(publicUrl, accountId), findKey: identityKeys.verifying }
  const outbox = config.smtp === undefined ? createOutbox(join(dataDir, 'outbox.txt'), clock) : undefined
  // Loaded only where mail is sent.
  const mailer = outbox ?? (config.smtp && (await import('./mail/mailer.ts')).createMailer(config.smtp, log))
  if (mailer === undefined) throw new TypeError('accounts without a way to send mail')
  const ownAccounts = createOwnAccounts(
    {
      ...store,
      keyring,
      rules: await openPasswordRules(config.refusedPasswordsFile),
      mailer,
      hashing: { hash: hashPassword, isPassword, isOutdated: isOutdatedHash },
      totp: { findStep, base32 },
      // Its own counts: the same name in a directory is another person's.
      attempt: createPasswordTries(clock).attempt,
      alsoKnownAs: createPoolNames(store.poolIdentities, publicUrl),
      record: ({ event, subject, detail }: AccountEvent, facts: RequestFacts) =>
        audit.record({
          ...eventFacts(facts),
          event,
          decision: 'allowed',
          issuer: issuer.issuer,
          subject,
          ...(detail === undefined ? {} : { detail }),
        }),
      issuer: issuer.issuer,
      publicUrl,
      clock,
      log,
      signIdToken: async claims => signIdentityToken(await identityKeys.signing('RS256'), claims),
    },
    issuer,
  )
  return {
    ownAccounts,
    outbox,
    returnUrls: config.returnUrls,
    close: () => mailer.close(),
  }
}
