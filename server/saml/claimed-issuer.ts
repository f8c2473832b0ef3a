import { Refusal } from '../base/refusal.ts'
import { decodeResponse } from './decode-response.ts'
import { assertion, protocol } from './namespaces.ts'
import { childrenOf, MalformedXml, readXml, type XmlElement } from './xml-tree.ts'

/**
 * Whom a response says that it is from: that is, with whose keys it is to be verified. Nobody has signed it yet as far
 * as this function knows, and anybody may have written it.
 *
 * @throws {Refusal} token.malformed
 */
export function claimedIssuer(response: string): string {
  const root = read(decodeResponse(response))
  const places = [root, ...childrenOf(root, assertion, 'Assertion')]
  const [issuer] = places.flatMap(place => childrenOf(place, assertion, 'Issuer'))
  if (root.namespace !== protocol || root.name !== 'Response' || issuer === undefined) {
    throw malformed('no Response with an Issuer')
  }
  return issuer.text.trim()
}

function read(xml: string): XmlElement {
  try {
    return readXml(xml)
  } catch (error) {
    if (error instanceof MalformedXml) throw malformed(error.message)
    throw error
  }
}

function malformed(detail: string): Refusal {
  return new Refusal('token.malformed', { detail, said: { message: 'The SAML response is not valid' } })
}
