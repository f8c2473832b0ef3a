/** What a trust policy must ask of those whom an identity provider vouches for. */
type Issuer = {
  /** Claims that say for which application a token was made. */
  audience: readonly string[]
  /** Whether it vouches for anybody: people of the whole world, or other customers' jobs. */
  shared: boolean
  /** What a subject begins with, up to and with whoever owns it. */
  owner?: RegExp
  /** An example of such a beginning. */
  example?: string
}

const shared: Issuer = { audience: ['aud'], shared: true }

/**
 * Providers that have many customers under one issuer URL.
 * @see AWS IAM User Guide, "Identity-provider controls for shared OIDC providers"
 */
const known: ReadonlyMap<string, Issuer> = new Map<string, Issuer>([
  ['accounts.google.com', { audience: ['aud', 'oaud'], shared: true }],
  ['graph.facebook.com', { audience: ['app_id'], shared: true }],
  ['www.amazon.com', { audience: ['app_id'], shared: true }],
  ['cognito-identity.amazonaws.com', { audience: ['aud'], shared: false }],
  ['saml', { audience: ['aud'], shared: false }],
  [
    'token.actions.githubusercontent.com',
    { ...shared, owner: /^repo:[^/:]+\//, example: 'repo:OWNER/REPO:*' },
  ],
  ['gitlab.com', { ...shared, owner: /^project_path:[^/:]+\//, example: 'project_path:GROUP/PROJECT:*' }],
  ['app.terraform.io', { ...shared, owner: /^organization:[^:]+:/, example: 'organization:ORG:project:*' }],
  [
    'agent.buildkite.com',
    { ...shared, owner: /^organization:[^:]+:/, example: 'organization:ORG:pipeline:*' },
  ],
  ['oidc.vercel.com', { ...shared, owner: /^owner:[^:]+:/, example: 'owner:TEAM:project:*' }],
  ['oidc.codefresh.io', { ...shared, owner: /^account:[^:]+:/, example: 'account:ID:pipeline:*' }],
  ['api.pulumi.com/oidc', shared],
  ['scalr.io', shared],
  ['tokens.cloud.shisho.dev', shared],
  ['proidc.upbound.io', shared],
  ['studio.datachain.ai/api', shared],
  ['sandboxes.cloud', shared],
  ['vstoken.actions.githubusercontent.com', shared],
  ['oidc-configuration.audit-log.githubusercontent.com', shared],
])

/** Those that a Principal names without an ARN. */
export const webProviders = [
  'accounts.google.com',
  'graph.facebook.com',
  'www.amazon.com',
  'cognito-identity.amazonaws.com',
] as const

/** Claims that say nothing about who somebody is. */
const impersonal = new Set(
  'aud oaud azp app_id iss iat exp nbf jti amr acr auth_time nonce email_verified doc namequalifier sub_type'.split(
    ' ',
  ),
)

/** Undefined for a provider that is not listed: most likely the operator's own. `issuer` is in lower case. */
export function findIssuer(issuer: string): Issuer | undefined {
  return known.get(issuer)
}

/** Whether a claim is about the person or the job, and not about the token. */
export function isPersonal(claim: string): boolean {
  return !impersonal.has(claim)
}

/** What condition keys about a Federated principal's people begin with; undefined when it is of no known form. */
export function issuerOf(federated: string): string | undefined {
  const [, kind, path = ''] = /^arn:[^:]*:iam::[^:]*:(oidc|saml|ldap)-provider\/(.+)$/.exec(federated) ?? []
  if (kind === 'saml' || kind === 'ldap') return kind
  const host = kind === 'oidc' ? path : federated
  const name = host.replace(/^https?:\/\//, '').toLowerCase()
  return kind === 'oidc' || known.has(name) ? name : undefined
}
