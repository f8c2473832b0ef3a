import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'
import jwt from 'jsonwebtoken'
import { type Clock, toSeconds } from '../../base/clock.ts'
import type { OidcClient } from './client.ts'

const lifetimeSeconds = 300

/**
 * Makes Apple's client secrets: short-lived tokens, signed by the team's key, in the place of a fixed secret.
 *
 * @throws {Error} when the key can't be read: at the start, where somebody sees it
 * @see Apple, "Creating a client secret"
 */
export function createAppleSecret(client: OidcClient, clock: Clock): (() => string) | undefined {
  const { apple, clientId, issuer } = client
  if (apple === undefined) return undefined
  const key = readKey(apple.keyFile, client.name)
  return () => {
    const iat = toSeconds(clock())
    const claims = { iss: apple.teamId, sub: clientId, aud: issuer, iat, exp: iat + lifetimeSeconds }
    return jwt.sign(claims, key, { algorithm: 'ES256', keyid: apple.keyId })
  }
}

function readKey(file: string, name: string): KeyObject {
  const setting = `OIDC_${name.toUpperCase().replaceAll('-', '_')}_KEY_FILE`
  const key = tryRead(file)
  if (key?.asymmetricKeyDetails?.namedCurve !== 'prime256v1') {
    throw new Error(`${setting} names no file with a P-256 private key, as Apple hands out (.p8)`)
  }
  return key
}

function tryRead(file: string): KeyObject | undefined {
  try {
    return createPrivateKey(readFileSync(file))
  } catch {
    return undefined
  }
}
