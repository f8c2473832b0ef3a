import { Refusal } from '../base/refusal.ts'

/**
 * One text for all who read it: base64 without anything else in it, and UTF-8 that is none is not repaired.
 *
 * @throws {Refusal} token.malformed
 */
export function decodeResponse(response: string): string {
  const packed = response.replace(/[\r\n]/g, '')
  try {
    if (!/^[A-Za-z0-9+/]+={0,2}$/.test(packed)) throw new Error('not base64')
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.from(packed, 'base64'))
  } catch {
    throw new Refusal('token.malformed', {
      said: { message: 'The SAML response is not valid' },
      detail: 'not base64',
    })
  }
}
