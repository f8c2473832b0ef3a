import { fileURLToPath } from 'node:url'
import ejs from 'ejs'
import type { Response } from 'express'
import type { FederatedIdentity } from '../base/federated-identity.ts'

export type PageName =
  | 'sign-in'
  | 'log-in'
  | 'saml-request'
  | 'roles'
  | 'credentials'
  | 'account'
  | 'account-sign-in'
  | 'account-confirm'
  | 'error'

/** What every page is told. */
export type PageFrame = { publicUrl: string; demo: boolean }
export type ShownPerson = { name: string; email?: string; provider: string }
export type Pages = {
  render(
    response: Response,
    page: PageName,
    locals: { title: string; person?: ShownPerson | undefined; [name: string]: unknown },
    status?: number,
  ): Promise<void>
}

const views = fileURLToPath(new URL('../../views', import.meta.url))

/** Renders `views/`. No page is ever stored: each shows a person, or something that is theirs. */
export function createPages(frame: PageFrame, production: boolean): Pages {
  return {
    async render(response, page, locals, status = 200) {
      const html = await ejs.renderFile(
        `${views}/${page}.ejs`,
        { person: undefined, ...frame, ...locals },
        { cache: production },
      )
      response.status(status).set('cache-control', 'no-store').type('html').send(html)
    },
  }
}

export function shownPerson(identity: FederatedIdentity): ShownPerson {
  const { displayName, email, subject } = identity
  return {
    name: displayName ?? email ?? subject,
    ...(email === undefined ? {} : { email }),
    provider: providerName(identity),
  }
}

/** What people call it. */
export function providerName({
  kind,
  issuer,
  demo,
}: {
  kind: string
  issuer: string
  demo: boolean
}): string {
  if (kind === 'saml' || kind === 'ldap') return issuer.slice(issuer.lastIndexOf('/') + 1)
  const name = kind === 'facebook' ? 'Facebook' : 'Google'
  if (demo) return `${name} (stand-in)`
  return kind === 'facebook' || issuer === 'https://accounts.google.com' ? name : issuer
}
