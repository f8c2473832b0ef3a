import type { Settings } from './settings.ts'

export type GoogleClient = Readonly<
  Record<'clientId' | 'clientSecret' | 'issuer' | 'authorizationUrl' | 'tokenUrl' | 'jwksUrl', string>
>

export type FacebookClient = Readonly<
  Record<'appId' | 'appSecret' | 'dialogUrl' | 'graphUrl' | 'graphVersion', string>
>

export function googleOf(sound: Settings): GoogleClient | undefined {
  const { GOOGLE_CLIENT_ID: clientId, GOOGLE_CLIENT_SECRET: clientSecret } = sound
  if (clientId === undefined || clientSecret === undefined) return undefined
  return {
    clientId,
    clientSecret,
    issuer: sound.GOOGLE_ISSUER,
    authorizationUrl: sound.GOOGLE_AUTHORIZATION_URL,
    tokenUrl: sound.GOOGLE_TOKEN_URL,
    jwksUrl: sound.GOOGLE_JWKS_URL,
  }
}

export function facebookOf(sound: Settings): FacebookClient | undefined {
  const {
    FACEBOOK_APP_ID: appId,
    FACEBOOK_APP_SECRET: appSecret,
    FACEBOOK_GRAPH_VERSION: graphVersion,
  } = sound
  if (appId === undefined || appSecret === undefined) return undefined
  const dialogUrl = sound.FACEBOOK_DIALOG_URL ?? `https://www.facebook.com/${graphVersion}/dialog/oauth`
  return { appId, appSecret, dialogUrl, graphUrl: sound.FACEBOOK_GRAPH_URL.replace(/\/+$/, ''), graphVersion }
}
