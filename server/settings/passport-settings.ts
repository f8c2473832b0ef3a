import type { z } from 'zod'
import type { AmazonSettings, FacebookSettings, GoogleSettings } from '../identity/proof-verifiers.ts'
import { type Given, httpsRule, pairRules, type Rule } from './rules.ts'
import { endpoint, text, word } from './setting-kinds.ts'

/** The environment variables about Google, Facebook and Amazon, each by itself. */
export const passportSettings = {
  GOOGLE_CLIENT_ID: word(),
  GOOGLE_CLIENT_SECRET: word(),
  GOOGLE_ISSUER: endpoint().default('https://accounts.google.com'),
  GOOGLE_AUTHORIZATION_URL: endpoint().default('https://accounts.google.com/o/oauth2/v2/auth'),
  GOOGLE_TOKEN_URL: endpoint().default('https://oauth2.googleapis.com/token'),
  GOOGLE_JWKS_URL: endpoint().default('https://www.googleapis.com/oauth2/v3/certs'),
  FACEBOOK_APP_ID: word(),
  FACEBOOK_APP_SECRET: word(),
  FACEBOOK_DIALOG_URL: endpoint().optional(),
  FACEBOOK_GRAPH_URL: endpoint().default('https://graph.facebook.com'),
  FACEBOOK_GRAPH_VERSION: text(/^v\d{1,3}\.\d{1,2}$/, 'not a version, expected such as v26.0').default(
    'v26.0',
  ),
  AMAZON_CLIENT_ID: word(),
  AMAZON_CLIENT_SECRET: word(),
  AMAZON_AUTHORIZATION_URL: endpoint().default('https://www.amazon.com/ap/oa'),
  AMAZON_API_URL: endpoint().default('https://api.amazon.com'),
}

type Sound = z.output<z.ZodObject<typeof passportSettings>>

export type GoogleConfig = Readonly<GoogleSettings & { jwksUrl: string }>
export type FacebookConfig = Readonly<FacebookSettings>
export type AmazonConfig = Readonly<AmazonSettings>

export function googleOf(sound: Sound): GoogleConfig | undefined {
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

export function facebookOf(sound: Sound): FacebookConfig | undefined {
  const {
    FACEBOOK_APP_ID: appId,
    FACEBOOK_APP_SECRET: appSecret,
    FACEBOOK_GRAPH_VERSION: graphVersion,
  } = sound
  if (appId === undefined || appSecret === undefined) return undefined
  const dialogUrl = sound.FACEBOOK_DIALOG_URL ?? `https://www.facebook.com/${graphVersion}/dialog/oauth`
  return { appId, appSecret, dialogUrl, graphUrl: sound.FACEBOOK_GRAPH_URL.replace(/\/+$/, ''), graphVersion }
}

export function amazonOf(sound: Sound): AmazonConfig | undefined {
  const { AMAZON_CLIENT_ID: clientId, AMAZON_CLIENT_SECRET: clientSecret } = sound
  if (clientId === undefined || clientSecret === undefined) return undefined
  const apiUrl = sound.AMAZON_API_URL.replace(/\/+$/, '')
  return { clientId, clientSecret, authorizationUrl: sound.AMAZON_AUTHORIZATION_URL, apiUrl }
}

const endpoints = [
  'GOOGLE_ISSUER',
  'GOOGLE_AUTHORIZATION_URL',
  'GOOGLE_TOKEN_URL',
  'GOOGLE_JWKS_URL',
  'FACEBOOK_DIALOG_URL',
  'FACEBOOK_GRAPH_URL',
  'AMAZON_AUTHORIZATION_URL',
  'AMAZON_API_URL',
] as const

/** The rules between them. */
export function passportRules(given: Given, sound: Sound, production: boolean): Rule<keyof Sound>[] {
  return [
    ...pairRules(given, 'GOOGLE_CLIENT_ID', 'GOOGLE_CLIENT_SECRET'),
    ...pairRules(given, 'FACEBOOK_APP_ID', 'FACEBOOK_APP_SECRET'),
    ...pairRules(given, 'AMAZON_CLIENT_ID', 'AMAZON_CLIENT_SECRET'),
    ...endpoints.map(name => httpsRule(name, sound[name], production)),
  ]
}
