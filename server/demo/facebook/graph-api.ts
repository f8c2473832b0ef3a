import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { demoPeople } from '../people.ts'
import { GraphFault, tokenError } from './graph-fault.ts'
import type { GraphToken, GraphTokens } from './graph-tokens.ts'

const dataAccessSeconds = 90 * 24 * 3600

export type GraphApp = { appId: string; appSecret: string; tokens: GraphTokens }

/** A call's parameters, from its query or its form, and what it says in its headers. */
export type GraphCall = { parameters: ReadonlyMap<string, string>; headers: IncomingHttpHeaders }

/**
 * Redeems the dialog's code: `GET|POST /VERSION/oauth/access_token`.
 *
 * @throws {GraphFault}
 * @see Meta for Developers, "Manually Build a Login Flow", "Exchanging Code for an Access Token"
 */
export function exchangeCode({ appId, appSecret, tokens }: GraphApp, { parameters }: GraphCall): object {
  const clientId = parameters.get('client_id')
  if (clientId === undefined) throw new GraphFault('missingClientId')
  if (clientId !== appId) throw new GraphFault('unknownApp')
  if (!isSame(parameters.get('client_secret') ?? '', appSecret)) throw new GraphFault('wrongSecret')
  if ((parameters.get('grant_type') ?? 'authorization_code') !== 'authorization_code') {
    throw new GraphFault('wrongGrantType')
  }
  const code = parameters.get('code')
  if (code === undefined) throw new GraphFault('missingCode')

  const grant = tokens.redeemCode(code, {
    redirectUri: parameters.get('redirect_uri') ?? '',
    codeVerifier: parameters.get('code_verifier') ?? '',
  })
  const { accessToken, expiresInSeconds } = tokens.issueToken(grant)
  return { access_token: accessToken, token_type: 'bearer', expires_in: expiresInSeconds }
}

/**
 * Who the token speaks of: `GET /VERSION/me`. The proof is always required, as for an app that has
 * "Require App Secret" switched on, so that a client which forgets it fails here first.
 *
 * @throws {GraphFault}
 * @see Meta for Developers, "Secure Graph API Calls", appsecret_proof
 */
export function me(app: GraphApp, call: GraphCall): object {
  const accessToken = accessTokenOf(call)
  if (accessToken === undefined) throw new GraphFault('noToken')
  const token = app.tokens.findToken(accessToken)
  if (token === undefined) throw new GraphFault('unknownToken')
  if (app.tokens.isExpired(token)) throw new GraphFault('expiredToken')
  const proof = call.parameters.get('appsecret_proof')
  if (proof === undefined) throw new GraphFault('missingProof')
  const expected = createHmac('sha256', app.appSecret).update(accessToken).digest('hex')
  if (token.appId !== app.appId || !isSame(proof, expected)) throw new GraphFault('wrongProof')
  return profileOf(token, call.parameters.get('fields') ?? 'id,name')
}

/**
 * What a token is worth: `GET /VERSION/debug_token`, asked by the app itself.
 *
 * @throws {GraphFault}
 * @see Meta for Developers, Graph API reference, /debug_token
 */
export function debugToken(app: GraphApp, call: GraphCall): object {
  const asker = accessTokenOf(call)
  if (asker === undefined || !isSame(asker, `${app.appId}|${app.appSecret}`)) {
    throw new GraphFault('notAppToken')
  }
  const inputToken = call.parameters.get('input_token')
  if (inputToken === undefined) throw new GraphFault('missingInputToken')

  const token = app.tokens.findToken(inputToken)
  if (token === undefined) return worthless('unknownToken')
  if (token.appId !== app.appId) return worthless('foreignToken')
  const expired = app.tokens.isExpired(token)
  return {
    data: {
      app_id: token.appId,
      type: 'USER',
      application: 'Rolecall (demo)',
      data_access_expires_at: token.issuedAtSeconds + dataAccessSeconds,
      ...(expired ? { error: tokenError('expiredToken') } : {}),
      expires_at: token.expiresAtSeconds,
      is_valid: !expired,
      scopes: expired ? [] : token.scopes,
      user_id: token.facebookId,
    },
  }
}

function worthless(fault: 'unknownToken' | 'foreignToken'): object {
  return { data: { error: tokenError(fault), is_valid: false, scopes: [] } }
}

/** Graph takes the token as a parameter and as a bearer. */
function accessTokenOf({ parameters, headers }: GraphCall): string | undefined {
  const bearer = /^(?:Bearer|OAuth) +(\S+)$/i.exec(headers.authorization ?? '')
  return parameters.get('access_token') ?? bearer?.[1]
}

/** Fields that were not granted are left out, as is an address that was never confirmed. */
function profileOf(token: GraphToken, fields: string): object {
  const person = demoPeople.find(({ facebookId }) => facebookId === token.facebookId)
  if (person === undefined) throw new GraphFault('unknownToken')
  const mayKnowEmail = token.scopes.includes('email') && person.emailVerified
  const known = new Map([
    ['id', person.facebookId],
    ['name', person.name],
    ['first_name', person.givenName],
    ['last_name', person.familyName],
    ...(mayKnowEmail ? [['email', person.email] as const] : []),
  ])
  const asked = new Set([...fields.split(','), 'id'])
  return Object.fromEntries([...known].filter(([name]) => asked.has(name)))
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}
