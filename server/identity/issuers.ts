import { oidcProviderArn } from '../base/arn.ts'
import type { OidcProvider, OidcProviders } from '../store/oidc-providers.ts'
import type { IssuerRecord } from '../tokens/verify-id-token.ts'
import { fixedMetadataOf, issuersOf, type OidcClient } from './openid/client.ts'

const googleIssuer = 'https://accounts.google.com'
const googlePrincipal = 'accounts.google.com'

type ConfiguredIssuer = { issuer: string; clientId: string; jwksUrl?: string | undefined }

export type IssuerLookupDeps = {
  oidcProviders: Pick<OidcProviders, 'find'>
  accountId: string
  /** The configured client at Google, or at what stands at GOOGLE_ISSUER. */
  google?: ConfiguredIssuer | undefined
  /** Those at other OpenID providers. */
  clients?: readonly OidcClient[] | undefined
  /** Those that are ourselves, before all that anybody may register. */
  own?: readonly IssuerRecord[] | undefined
  /** Whether issuers that the demo registered count. */
  demo: boolean
}

/**
 * Whom we trust to vouch for people: Google and the clients at other providers by configuration, anybody else by
 * registration. An `iss` that is not exactly one of theirs is nobody's; Google's alone is taken with and without
 * its scheme, because Google writes it both ways.
 */
export function createIssuerLookup(deps: IssuerLookupDeps) {
  const { oidcProviders, accountId, demo } = deps
  // The store answers the same object until something changes, so that records need not be built again.
  const records = new WeakMap<OidcProvider, IssuerRecord>()
  const configured = configuredRecords(deps)

  return async (iss: string): Promise<IssuerRecord | undefined> => {
    const issuer = iss === googlePrincipal ? googleIssuer : iss
    const own = deps.own?.find(one => one.issuer === iss)
    if (own !== undefined) return own
    const registered = await oidcProviders.find(urlPathOf(issuer))
    const trusted = registered?.issuer === issuer && (!registered.demo || demo) ? registered : undefined
    const ours = configured.get(issuer)
    if (trusted === undefined) return ours

    const known = records.get(trusted)
    if (known !== undefined) return known
    const record = registeredRecord(trusted, ours, accountId)
    records.set(trusted, record)
    return record
  }
}

/** By issuer: several clients may be of one. */
function configuredRecords({ google, clients = [], accountId }: IssuerLookupDeps): Map<string, IssuerRecord> {
  const configured: ConfiguredIssuer[] = clients.flatMap(client => {
    const jwksUrl = fixedMetadataOf(client)?.jwks_uri
    return issuersOf(client).map(issuer => ({ issuer, clientId: client.clientId, jwksUrl }))
  })
  const records = new Map<string, IssuerRecord>()
  for (const one of [...(google ? [google] : []), ...configured]) {
    const known = records.get(one.issuer) ?? configuredRecord(one, accountId)
    records.set(one.issuer, { ...known, audiences: new Set([...known.audiences, one.clientId]) })
  }
  return records
}

function configuredRecord({ issuer, clientId, jwksUrl }: ConfiguredIssuer, accountId: string): IssuerRecord {
  const principals = principalsOf(issuer, accountId, issuer !== googleIssuer)
  return {
    issuer,
    principals,
    provider: principals[0] ?? issuer,
    conditionPrefix: urlPathOf(issuer),
    audiences: new Set([clientId]),
    ...(jwksUrl === undefined ? {} : { jwksUri: jwksUrl }),
    demo: false,
  }
}

function registeredRecord(
  provider: OidcProvider,
  configured: IssuerRecord | undefined,
  accountId: string,
): IssuerRecord {
  const principals = principalsOf(provider.issuer, accountId, true)
  return {
    issuer: provider.issuer,
    principals,
    provider: principals[0] ?? provider.issuer,
    conditionPrefix: provider.urlPath,
    audiences: new Set([...provider.clientIds, ...(configured?.audiences ?? [])]),
    ...(configured?.jwksUri === undefined ? {} : { jwksUri: configured.jwksUri }),
    demo: provider.demo,
  }
}

/** Google has a name of its own in trust policies; a registered issuer is named by its ARN. */
function principalsOf(issuer: string, accountId: string, registered: boolean): string[] {
  const arn = oidcProviderArn(accountId, urlPathOf(issuer))
  if (issuer !== googleIssuer) return [arn]
  return registered ? [googlePrincipal, arn] : [googlePrincipal]
}

function urlPathOf(issuer: string): string {
  return issuer.replace(/^https?:\/\//, '').replace(/\/$/, '')
}
