import { fileURLToPath } from 'node:url'
import ejs from 'ejs'
import type { Response } from 'express'
import { accessTokenProviders, isAccessTokenKind } from '../base/access-token-providers.ts'
import type { FederatedIdentity } from '../base/federated-identity.ts'

export type PageName =
  | 'sign-in'
  | 'log-in'
  | 'saml-request'
  | 'roles'
  | 'why'
  | 'credentials'
  | 'account'
  | 'account-sign-in'
  | 'account-confirm'
  | 'own-log-in'
  | 'own-factor'
  | 'own-register'
  | 'own-code'
  | 'own-done'
  | 'own-forgotten'
  | 'own-new-password'
  | 'own-account'
  | 'own-app'
  | 'own-recovery'
  | 'outbox'
  | 'console/choose'
  | 'console/home'
  | 'console/role-mappings'
  | 'console/pool'
  | 'console/try'
  | 'console/refused'
  | 'console/secrets/list'
  | 'console/secrets/new'
  | 'console/secrets/secret'
  | 'console/secrets/new-value'
  | 'console/secrets/value'
  | 'console/secrets/edit'
  | 'console/secrets/stage'
  | 'console/secrets/delete'
  | 'console/secrets/policy'
  | 'error'

/** What every page is told. */
export type PageFrame = {
  publicUrl: string
  demo: boolean
  /** Mails go to the page `/outbox`, since no mail server is set up. */
  hasOutbox?: boolean
}
type Vouched = { kind: string; issuer: string; demo: boolean }

export type Pages = {
  /** @param locals.person who is signed in, for the top of the page */
  render(
    response: Response,
    page: PageName,
    locals: { title: string; person?: FederatedIdentity | undefined; [name: string]: unknown },
    status?: number,
  ): Promise<void>
  /** What people call the provider that somebody came by. */
  providerOf(by: Vouched): string
}

const views = fileURLToPath(new URL('../../views', import.meta.url))

/**
 * Renders `views/`. No page is ever stored: each shows a person, or something that is theirs.
 *
 * @param titles of the OpenID providers that are set up, by issuer
 */
export function createPages(
  frame: PageFrame,
  production: boolean,
  titles: ReadonlyMap<string, string>,
): Pages {
  function providerOf({ kind, issuer, demo }: Vouched): string {
    if (kind === 'saml' || kind === 'ldap') return issuer.slice(issuer.lastIndexOf('/') + 1)
    const title = isAccessTokenKind(kind) ? accessTokenProviders[kind].title : undefined
    if (demo) return `${title ?? 'Google'} (stand-in)`
    return title ?? titles.get(issuer) ?? issuer
  }

  function shown(identity: FederatedIdentity) {
    const { displayName, email, subject } = identity
    return { name: displayName ?? email ?? subject, email, provider: providerOf(identity) }
  }

  return {
    providerOf,
    async render(response, page, locals, status = 200) {
      const person = locals.person && shown(locals.person)
      const html = await ejs.renderFile(
        `${views}/${page}.ejs`,
        { ...frame, ...locals, person },
        { cache: production },
      )
      response.status(status).set('cache-control', 'no-store').type('html').send(html)
    },
  }
}
