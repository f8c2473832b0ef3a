import { ldapProviderArn, oidcProviderArn, samlProviderArn } from '../base/arn.ts'
import type { ProviderKind } from './deps.ts'
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
export const providerKinds: readonly ProviderKind[] = [google, facebook, registeredIssuers, saml, directory]
