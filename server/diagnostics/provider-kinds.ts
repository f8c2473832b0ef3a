import { ldapProviderArn, oidcProviderArn, samlProviderArn } from '../base/arn.ts'
import { createAppleSecret } from '../identity/openid/apple-secret.ts'
import { fixedMetadataOf, issuersOf, metadataIssuerOf } from '../identity/openid/client.ts'
import { amazonSteps } from './amazon-steps.ts'
import type { Asked, ProviderKind } from './deps.ts'
import { directorySteps } from './directory/directory-steps.ts'
import { facebookSteps } from './facebook-steps.ts'
import { openIdSteps } from './openid/openid-steps.ts'
import { samlSteps } from './saml-steps.ts'

const google: ProviderKind = async deps => {
  const settings = deps.config.google
  if (settings === undefined) return []
  const provider = {
    issuer: settings.issuer,
    clientIds: [settings.clientId],
    jwksUri: settings.jwksUrl,
    adviceFor: (issuer: string) => `Set GOOGLE_ISSUER to ${issuer}, if that is whom you mean.`,
    browser: {
      ...settings,
      clientSecret: () => settings.clientSecret,
      secretGoes: 'post' as const,
      needsS256: false,
      secretSetting: 'GOOGLE_CLIENT_SECRET',
      redirectUri: `${deps.config.publicUrl}/sign-in/google/callback`,
      scope: 'openid profile email',
      signInPath: '/sign-in/google',
    },
  }
  return [
    {
      name: 'google',
      kind: 'by configuration (GOOGLE_CLIENT_ID)',
      aliases: [settings.issuer],
      steps: asked => openIdSteps(provider, deps, asked),
    },
  ]
}

const facebook: ProviderKind = async deps => {
  const settings = deps.config.facebook
  if (settings === undefined) return []
  return [
    {
      name: 'facebook',
      kind: 'by configuration (FACEBOOK_APP_ID)',
      aliases: ['graph.facebook.com'],
      steps: asked => facebookSteps(settings, deps, asked),
    },
  ]
}

const amazon: ProviderKind = async deps => {
  const settings = deps.config.amazon
  if (settings === undefined) return []
  return [
    {
      name: 'amazon',
      kind: 'by configuration (AMAZON_CLIENT_ID)',
      aliases: ['www.amazon.com'],
      steps: asked => amazonSteps(settings, deps, asked),
    },
  ]
}

/** `OIDC_<NAME>_ISSUER` and its kin. */
const oidcClients: ProviderKind = async deps =>
  (deps.config.oidcClients ?? []).map(client => {
    const settings = `OIDC_${client.name.toUpperCase().replaceAll('-', '_')}`
    const makeSecret = createAppleSecret(client, deps.clock)
    const provider = {
      issuer: client.issuer,
      tokenIssuers: issuersOf(client),
      metadataIssuer: metadataIssuerOf(client),
      fixedMetadata: fixedMetadataOf(client),
      clientIds: [client.clientId],
      adviceFor: (issuer: string) => `Set ${settings}_ISSUER to ${issuer}, if that is whom you mean.`,
      browser: {
        clientId: client.clientId,
        clientSecret: () => makeSecret?.() ?? client.clientSecret,
        needsS256: true,
        secretSetting: client.apple === undefined ? `${settings}_CLIENT_SECRET` : `${settings}_KEY_FILE`,
        redirectUri: `${deps.config.publicUrl}/sign-in/${client.name}/callback`,
        scope: client.scopes,
        signInPath: `/sign-in/${client.name}`,
      },
    }
    return {
      name: client.name,
      kind: `${client.title}, by configuration (${settings}_ISSUER)`,
      aliases: [settings, client.issuer],
      steps: (asked: Asked) => openIdSteps(provider, deps, asked),
    }
  })

const registeredIssuers: ProviderKind = async deps => {
  const registered = await deps.store.oidcProviders.list()
  return registered.map(({ urlPath, issuer, clientIds, demo }) => {
    const arn = oidcProviderArn(deps.accountId, urlPath)
    const adviceFor = (other: string) =>
      `Delete ${arn} and register it anew: aws iam create-open-id-connect-provider --url ${other}, with its client ids.`
    // Configuration may say where Google's keys are, for both.
    const { google } = deps.config
    const jwksUri = google?.issuer === issuer ? google.jwksUrl : undefined
    return {
      name: urlPath,
      kind: demo ? 'OpenID Connect, of the demo' : 'OpenID Connect, registered',
      aliases: [arn, ...(google?.issuer === issuer ? [] : [issuer])],
      steps: asked => openIdSteps({ issuer, clientIds, adviceFor, jwksUri }, deps, asked),
    }
  })
}

const saml: ProviderKind = async deps => {
  const registered = await deps.store.samlProviders.list()
  return registered.map(provider => ({
    name: provider.name,
    kind: 'SAML, registered',
    aliases: [`saml/${provider.name}`, samlProviderArn(deps.accountId, provider.name)],
    steps: asked => samlSteps(provider, deps, asked),
  }))
}

const directory: ProviderKind = async deps => {
  const described = deps.directory
  if (described === undefined) return []
  return [
    {
      name: described.name,
      kind: `${described.settings.kind === 'ad' ? 'Active Directory' : 'LDAP'}, by configuration (LDAP_URL)`,
      aliases: ['ldap', ldapProviderArn(deps.accountId, described.name)],
      steps: asked => directorySteps(described, deps, asked),
    },
  ]
}

/** Every kind of provider there is: another one is another entry. */
export const providerKinds: readonly ProviderKind[] = [
  google,
  facebook,
  amazon,
  oidcClients,
  registeredIssuers,
  saml,
  directory,
]
