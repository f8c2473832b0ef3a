import { Refusal } from '../base/refusal.ts'
import { findWeakAlgorithm } from './algorithms.ts'
import { assertion, protocol, signature } from './namespaces.ts'
import { requireSuccess } from './require-success.ts'
import { childrenOf, MalformedXml, readXml, writeXml, type XmlElement } from './xml-tree.ts'

export type SignatureKeys = {
  /** PEM. */
  signingCertificates: readonly string[]
  /** PEM private keys, each tried in turn. */
  decryptionKeys: readonly string[]
}

/** A response as it came, and the one assertion in it that was signed, read anew from what the signature covers. */
export type SignedAssertion = { response: XmlElement; assertion: XmlElement; wasEncrypted: boolean }

/**
 * Finds in a response the one assertion that the identity provider signed, by itself or with the whole response.
 *
 * @param xml the response's text
 * @throws {Refusal} token.malformed | token.signatureWrong | token.rejected
 */
export async function findSignedAssertion(xml: string, keys: SignatureKeys): Promise<SignedAssertion> {
  const response = requirePlain(xml)
  if (response.namespace !== protocol || response.name !== 'Response') throw malformed('no Response')
  requireSuccess(response)
  const plain = childrenOf(response, assertion, 'Assertion')
  const encrypted = childrenOf(response, assertion, 'EncryptedAssertion')
  // Of two assertions the one that is checked and the one that is read could be different ones.
  if (plain.length + encrypted.length !== 1) throw malformed('it must hold one assertion')
  const [sealed] = encrypted
  const opened = sealed && (await requireDecryptable(sealed, keys.decryptionKeys))
  const covered = await verifySignatures(xml, keys.signingCertificates, {
    response: isSigned(response),
    assertion: isSigned(opened?.inner ?? plain[0]),
    decryptionKey: opened?.key,
  })
  const found = requirePlain(covered)
  if (found.namespace !== assertion || found.name !== 'Assertion') throw malformed('no Assertion')
  return { response, assertion: found, wasEncrypted: sealed !== undefined }
}

/** @throws {Refusal} token.malformed */
function requirePlain(xml: string): XmlElement {
  try {
    const root = readXml(xml)
    const weak = findWeakAlgorithm(root)
    if (weak !== undefined) throw malformed(`the algorithm ${weak} is not taken`)
    return root
  } catch (error) {
    if (error instanceof MalformedXml) throw malformed(error.message)
    throw error
  }
}

/**
 * What is inside, and the key that opens it. It must hold to the same rules before the library parses it. Whether a key
 * does not fit, the padding is wrong or the content is not XML, the caller hears the same: with CBC every difference
 * would help to decrypt.
 *
 * @throws {Refusal} token.signatureWrong
 */
async function requireDecryptable(
  sealed: XmlElement,
  decryptionKeys: readonly string[],
): Promise<{ key: string; inner: XmlElement }> {
  const text = writeXml(sealed)
  for (const key of decryptionKeys) {
    const inner = await decryptWith(text, key)
    if (inner === undefined) continue
    try {
      return { key, inner: requirePlain(inner) }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      throw signatureWrong(`in the encrypted assertion: ${error.detail}`)
    }
  }
  throw signatureWrong('no key of ours opens the assertion')
}

/** The libraries are loaded when the first response comes: they would make every start a tenth slower. */
async function decryptWith(xml: string, key: string): Promise<string | undefined> {
  const { decrypt } = await import('xml-encryption')
  return new Promise(resolve => {
    decrypt(
      xml,
      { key, disallowDecryptionWithInsecureAlgorithm: true, warnInsecureAlgorithm: false },
      (error, inner) => resolve(error ? undefined : inner),
    )
  })
}

function isSigned(element: XmlElement | undefined): boolean {
  return element !== undefined && childrenOf(element, signature, 'Signature').length > 0
}

/**
 * The bytes that a signature covers, when each signature that is there holds: SAML Core, section 5.4, knows none that
 * may be wrong. Times, audience and recipient are checked on those bytes, by our own clock.
 *
 * @throws {Refusal} token.signatureWrong
 */
async function verifySignatures(
  xml: string,
  signingCertificates: readonly string[],
  signed: { response: boolean; assertion: boolean; decryptionKey: string | undefined },
): Promise<string> {
  const { SAML } = await import('@node-saml/node-saml')
  const saml = new SAML({
    idpCert: [...signingCertificates],
    issuer: 'unused',
    callbackUrl: 'https://unused.invalid/',
    audience: false,
    acceptedClockSkewMs: -1,
    wantAuthnResponseSigned: signed.response,
    wantAssertionsSigned: signed.assertion,
    ...(signed.decryptionKey === undefined ? {} : { decryptionPvk: signed.decryptionKey }),
  })
  try {
    const { profile } = await saml.validatePostResponseAsync({
      SAMLResponse: Buffer.from(xml).toString('base64'),
    })
    const covered = profile?.getAssertionXml?.()
    if (covered === undefined) throw new Error('no assertion')
    return covered
  } catch (error) {
    // The library's own look at the assertion comes when the signature has held.
    const isLate =
      error instanceof Error && /^(?:No valid subject|Unable to process|Error parsing)/.test(error.message)
    if (isLate) throw malformed(error.message)
    throw signatureWrong(error instanceof Error ? error.message : 'unknown', error)
  }
}

function malformed(detail: string): Refusal {
  return new Refusal('token.malformed', { detail, said: { message: 'The SAML response is not valid' } })
}

function signatureWrong(detail: string, cause?: unknown): Refusal {
  return new Refusal('token.signatureWrong', {
    detail,
    cause,
    said: { message: 'Response signature invalid' },
  })
}
