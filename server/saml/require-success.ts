import { Refusal } from '../base/refusal.ts'
import { protocol } from './namespaces.ts'
import { childrenOf, type XmlElement } from './xml-tree.ts'

const success = 'urn:oasis:names:tc:SAML:2.0:status:Success'

/**
 * A provider that signs nobody in says why, most often in a response that nobody signed: for the log.
 *
 * @throws {Refusal} token.rejected
 * @see SAML Core, section 3.2.2.2
 */
export function requireSuccess(response: XmlElement): void {
  const codesIn = (element: XmlElement) => childrenOf(element, protocol, 'StatusCode')
  const codes = childrenOf(response, protocol, 'Status').flatMap(codesIn)
  if (codes.length === 1 && codes[0]?.attributes.get('Value') === success) return
  const words = codes
    .flatMap(code => [code, ...codesIn(code)])
    .map(code => code.attributes.get('Value')?.split(':').at(-1) ?? '')
  throw new Refusal('token.rejected', {
    detail: `the status is ${words.join(', ').slice(0, 200) || 'missing'}`,
  })
}
