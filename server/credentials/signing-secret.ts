import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'

/** What a signing key is derived for: `day` as `20260102`. */
export type SigningScope = { day: string; region: string; service: string }

/** A secret access key, as whoever verifies signatures needs it. */
export type SigningSecret = {
  /** Whether `signature` is that of `text` by the holder of this secret; its time does not say where it differs. */
  hasSigned(scope: SigningScope, text: string, signature: Buffer): boolean
}

/**
 * Deriving a signing key takes four HMACs, and a client signs with the same one for a whole day: the last one is kept.
 *
 * @see AWS General Reference, "Create a signed AWS API request", step 4
 */
export function createSigningSecret(secret: string): SigningSecret {
  let known: { scope: string; key: KeyObject } | undefined
  return {
    hasSigned({ day, region, service }, text, signature) {
      const scope = `${day}/${region}/${service}`
      const key = known?.scope === scope ? known.key : derive(secret, [day, region, service, 'aws4_request'])
      const isGenuine = timingSafeEqual(hmac(key, text), signature)
      // Only what was signed with: a stranger may name any scope, and would have the holder's key derived anew.
      if (isGenuine && known?.key !== key) known = { scope, key }
      return isGenuine
    },
  }
}

function derive(secret: string, parts: readonly string[]): KeyObject {
  // As KeyObjects: given bytes, Node takes several times the HMAC's own work to look at them.
  const first = createSecretKey(Buffer.from(`AWS4${secret}`))
  return parts.reduce((key, part) => createSecretKey(hmac(key, part)), first)
}

function hmac(key: KeyObject, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
