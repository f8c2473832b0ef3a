import { encryption, signature } from './namespaces.ts'
import type { XmlElement } from './xml-tree.ts'

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const sha2 = ['http://www.w3.org/2001/04/xmlenc#sha256', 'http://www.w3.org/2001/04/xmlenc#sha512']

/**
 * What may sign and encrypt, by the local names by which the library looks. SHA-1 collides at will, RSA with PKCS #1
 * v1.5 padding and triple DES leak what they hide, and a keyed hash would be checked with the public key that
 * everybody has. Any other transform than these two could leave out of the signature what is read afterwards.
 */
const allowed: Readonly<Record<string, { namespace: string; algorithms: readonly string[] }>> = {
  SignatureMethod: {
    namespace: signature,
    algorithms: [
      'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
      'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
    ],
  },
  CanonicalizationMethod: { namespace: signature, algorithms: [exclusive] },
  Transform: {
    namespace: signature,
    algorithms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', exclusive],
  },
  DigestMethod: { namespace: signature, algorithms: sha2 },
  EncryptionMethod: {
    namespace: encryption,
    algorithms: [
      'http://www.w3.org/2001/04/xmlenc#aes128-cbc',
      'http://www.w3.org/2001/04/xmlenc#aes256-cbc',
      'http://www.w3.org/2009/xmlenc11#aes128-gcm',
      'http://www.w3.org/2009/xmlenc11#aes256-gcm',
      'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
    ],
  },
}

/** Within OAEP a hash need not resist collisions, and SHA-1 is what everybody sends. @see RFC 8017, section 7.1 */
const withinOaep = {
  namespace: signature,
  algorithms: ['http://www.w3.org/2000/09/xmldsig#sha1', ...sha2],
}

/** The first algorithm in a document that is not among those we take; undefined when all are. */
export function findWeakAlgorithm(element: XmlElement, parent?: XmlElement): string | undefined {
  const isInOaep = element.name === 'DigestMethod' && parent?.name === 'EncryptionMethod'
  const rule = isInOaep ? withinOaep : allowed[element.name]
  const algorithm = element.attributes.get('Algorithm') ?? ''
  if (rule && (element.namespace !== rule.namespace || !rule.algorithms.includes(algorithm))) {
    return algorithm
  }
  for (const child of element.children) {
    const weak = findWeakAlgorithm(child, element)
    if (weak !== undefined) return weak
  }
  return undefined
}
