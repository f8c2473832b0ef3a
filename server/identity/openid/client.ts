import type { ServerMetadata } from 'openid-client'

/** A client that is registered at an OpenID provider. */
export type OidcClient = Readonly<{
  /** As it stands in paths. */
  name: string
  /** As people read it. */
  title: string
  /** Letter by letter as its tokens say it; at Entra it may stand for many tenants. */
  issuer: string
  clientId: string
  /** Absent where `apple` says how one is made. */
  clientSecret?: string | undefined
  /** With spaces between. */
  scopes: string
  entra?: EntraQuirks | undefined
  apple?: AppleQuirks | undefined
}>

export type EntraQuirks = Readonly<{
  /** Whose people may sign in, where the issuer stands for many tenants; else none. */
  tenants: readonly string[]
  /** Microsoft Graph, with its version. */
  graphUrl: string
}>

export type AppleQuirks = Readonly<{ teamId: string; keyId: string; keyFile: string }>

const manyTenants = /\/(?:common|organizations)\/v2\.0$/

/** Whether Entra answers at this issuer for more than one tenant. */
export function servesManyTenants(issuer: string): boolean {
  return manyTenants.test(issuer)
}

/** The `iss` that tokens for this client may have. Each tenant of Entra's is an issuer of its own. */
export function issuersOf({ issuer, entra }: Pick<OidcClient, 'issuer' | 'entra'>): string[] {
  if (entra === undefined || entra.tenants.length === 0) return [issuer]
  return entra.tenants.map(tenant => issuer.replace(manyTenants, `/${tenant}/v2.0`))
}

/** What the provider's metadata must name as their issuer: for many tenants Entra leaves a gap for the tenant. */
export function metadataIssuerOf({ issuer, entra }: Pick<OidcClient, 'issuer' | 'entra'>): string {
  return entra === undefined || entra.tenants.length === 0
    ? issuer
    : issuer.replace(manyTenants, '/{tenantid}/v2.0')
}

/**
 * Apple's metadata, which are fixed here: its discovery address redirects to another host, and what is served there has
 * named another issuer than Apple's tokens do.
 */
export function fixedMetadataOf({ issuer, apple }: OidcClient): ServerMetadata | undefined {
  if (apple === undefined) return undefined
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth/authorize`,
    token_endpoint: `${issuer}/auth/token`,
    jwks_uri: `${issuer}/auth/keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post'],
  }
}
