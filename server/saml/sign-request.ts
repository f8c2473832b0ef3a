import type { RequestKey } from './service-provider.ts'

const exclusive = 'http://www.w3.org/2001/10/xml-exc-c14n#'
const issuer = "/*/*[local-name(.)='Issuer']"

/**
 * A request with its signature inside, after the Issuer, where the schema has it. Loaded on first use, like all that
 * handles XML signatures.
 *
 * @param request our own text: nothing of a stranger's is signed
 * @see SAML Core, section 5.4
 */
export async function signRequest(request: string, { privateKey, certificate }: RequestKey): Promise<string> {
  const { SignedXml } = await import('xml-crypto')
  const signer = new SignedXml({
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }),
    publicCert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----`,
    signatureAlgorithm: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
    canonicalizationAlgorithm: exclusive,
  })
  signer.addReference({
    xpath: '/*',
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', exclusive],
    digestAlgorithm: 'http://www.w3.org/2001/04/xmlenc#sha256',
  })
  signer.computeSignature(request, { location: { reference: issuer, action: 'after' } })
  return signer.getSignedXml()
}
