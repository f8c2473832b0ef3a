import { createPrivateKey, createPublicKey } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { generate } from 'selfsigned'
import { SignedXml } from 'xml-crypto'
import { encrypt } from 'xml-encryption'

/** A SAML identity provider of the tests' own: it signs whatever it is told to. */
export type SamlIdp = {
  entityId: string
  certificate: string
  privateKey: string
  metadata(more?: {
    validUntil?: string
    head?: string
    singleSignOn?: string
    binding?: 'HTTP-Redirect' | 'HTTP-POST'
    wantsSignedRequests?: string
  }): string
  /** A signed response as text; `encode` makes of it what is posted. */
  respond(asked: Asked): Promise<string>
}

export type Asked = {
  recipient: string
  inResponseTo?: string
  /** What the envelope says of that, where it is something else; empty for nothing. */
  envelopeInResponseTo?: string
  audience: string
  nameId?: string
  nameIdFormat?: string
  /** By name; elements as they are. */
  attributes?: Readonly<Record<string, readonly string[]>>
  id?: string
  /** Milliseconds from now. */
  issuedAtMs?: number
  notBeforeMs?: number
  notOnOrAfterMs?: number
  sessionEndsAtMs?: number
  /** Milliseconds from now: when it asked who they are. */
  authenticatedAtMs?: number
  destination?: string
  status?: string
  issuer?: string
  signed?: 'assertion' | 'response' | 'both' | 'none'
  /** PEM certificate of whoever shall read it. */
  encryptFor?: string
  keyEncryption?: Parameters<typeof encrypt>[1]['keyEncryptionAlgorithm']
  contentEncryption?: Parameters<typeof encrypt>[1]['encryptionAlgorithm']
  signatureAlgorithm?: string
  digestAlgorithm?: string
  /** Changes the assertion before it is signed. */
  edit?: (assertion: string) => string
}

export const encode = (xml: string): string => Buffer.from(xml).toString('base64')

/** What a service provider asks for by redirect. */
export function readAuthnRequest(url: URL) {
  const packed = Buffer.from(url.searchParams.get('SAMLRequest') ?? '', 'base64')
  return readRequest(inflateRawSync(packed).toString(), url.searchParams.get('RelayState') ?? '')
}

/** What it asks for by the form of this page. */
export function readAuthnForm(html: string) {
  const fieldOf = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(html)?.[1] ?? ''
  const xml = Buffer.from(fieldOf('SAMLRequest'), 'base64').toString()
  return { xml, ...readRequest(xml, fieldOf('RelayState')) }
}

function readRequest(xml: string, relayState: string) {
  const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1] ?? ''
  const [, issuer = ''] = /Issuer[^>]*>([^<]*)</.exec(xml) ?? []
  return {
    id: attribute('ID'),
    recipient: attribute('AssertionConsumerServiceURL'),
    audience: issuer,
    destination: attribute('Destination'),
    relayState,
    ...(xml.includes(' ForceAuthn="true"') ? { forced: true } : {}),
  }
}

/** A key and a certificate that vouches for itself. */
export function selfSigned(name: string) {
  const { private: privateKey, cert: certificate } = generate([{ name: 'commonName', value: name }], {
    days: 3650,
    keySize: 2048,
    algorithm: 'sha256',
  })
  return { privateKey: pkcs8(privateKey), certificate }
}

const pkcs8 = (pem: string) => createPrivateKey(pem).export({ type: 'pkcs8', format: 'pem' }).toString()

export function createSamlIdp(entityId = 'https://idp.example/saml'): SamlIdp {
  const { privateKey, certificate } = selfSigned('idp.example')
  return {
    entityId,
    certificate,
    privateKey,
    metadata: ({
      validUntil,
      head = '',
      singleSignOn = 'https://idp.example/sso',
      binding = 'HTTP-Redirect',
      wantsSignedRequests,
    } = {}) => `<?xml version="1.0"?>${head}
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}"${
      validUntil === undefined ? '' : ` validUntil="${validUntil}"`
    }>
  <!-- made by hand -->
  <md:IDPSSODescriptor${wantsSignedRequests === undefined ? '' : ` WantAuthnRequestsSigned="${wantsSignedRequests}"`} protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing">
      <ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
        <ds:X509Certificate>${bare(certificate)}</ds:X509Certificate>
      </ds:X509Data></ds:KeyInfo>
    </md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${singleSignOn}"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>`,
    async respond(asked) {
      const key = { privateKey, certificate }
      const { signed = 'assertion', edit = xml => xml } = asked
      const plain = edit(assertionOf(asked, entityId))
      const isSigned = signed === 'assertion' || signed === 'both'
      const assertion = isSigned ? sign(plain, 'Assertion', key, asked) : plain
      const inner = asked.encryptFor === undefined ? assertion : await seal(assertion, asked)
      const response = responseOf(asked, inner, entityId)
      return signed === 'response' || signed === 'both' ? sign(response, 'Response', key, asked) : response
    },
  }
}

let count = 0

/** The attributes that AWS asks for, and those beside them. */
export function awsAttributes(roles: readonly string[], providerArn: string, name = 'ada') {
  return {
    'https://aws.amazon.com/SAML/Attributes/Role': roles.map(role => `${role},${providerArn}`),
    'https://aws.amazon.com/SAML/Attributes/RoleSessionName': [name],
  }
}

function assertionOf(asked: Asked, entityId: string): string {
  const at = (ms: number) => new Date(Date.now() + ms).toISOString()
  const { issuedAtMs = 0, notBeforeMs = -1_000, notOnOrAfterMs = 300_000, authenticatedAtMs } = asked
  const format = asked.nameIdFormat ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
  const session = asked.sessionEndsAtMs
  const attributes = Object.entries(asked.attributes ?? {}).map(
    ([name, values]) =>
      `<saml:Attribute Name="${name}">${values
        .map(value => `<saml:AttributeValue>${value}</saml:AttributeValue>`)
        .join('')}</saml:Attribute>`,
  )
  return [
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${asked.id ?? `_a${++count}${process.pid}${Date.now()}`}"`,
    ` Version="2.0" IssueInstant="${at(issuedAtMs)}"><saml:Issuer>${asked.issuer ?? entityId}</saml:Issuer>`,
    `<saml:Subject><saml:NameID Format="${format}">${asked.nameId ?? 'ada'}</saml:NameID>`,
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData`,
    ` NotOnOrAfter="${at(notOnOrAfterMs)}" Recipient="${asked.recipient}"${asked.inResponseTo === undefined ? '' : ` InResponseTo="${asked.inResponseTo}"`}/></saml:SubjectConfirmation></saml:Subject>`,
    `<saml:Conditions NotBefore="${at(notBeforeMs)}" NotOnOrAfter="${at(notOnOrAfterMs)}">`,
    `<saml:AudienceRestriction><saml:Audience>${asked.audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>`,
    `<saml:AuthnStatement AuthnInstant="${at(authenticatedAtMs ?? issuedAtMs)}"${session === undefined ? '' : ` SessionNotOnOrAfter="${at(session)}"`}>`,
    `<saml:AuthnContext/></saml:AuthnStatement>`,
    attributes.length === 0
      ? ''
      : `<saml:AttributeStatement>${attributes.join('')}</saml:AttributeStatement>`,
    `</saml:Assertion>`,
  ].join('')
}

function responseOf(asked: Asked, inner: string, entityId: string): string {
  const destination = asked.destination ?? asked.recipient
  const status = asked.status ?? 'Success'
  const answered = asked.envelopeInResponseTo ?? asked.inResponseTo ?? ''
  return [
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_r${++count}" Version="2.0"`,
    ` IssueInstant="${new Date().toISOString()}" Destination="${destination}"${answered === '' ? '' : ` InResponseTo="${answered}"`}>`,
    `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${entityId}</saml:Issuer>`,
    `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:${status}"/></samlp:Status>`,
    inner,
    `</samlp:Response>`,
  ].join('')
}

/** An enveloped signature over the first element of this name, after its Issuer. */
export function sign(
  xml: string,
  name: 'Assertion' | 'Response',
  { privateKey, certificate }: { privateKey: string; certificate: string },
  algorithms: Pick<Asked, 'signatureAlgorithm' | 'digestAlgorithm'> = {},
): string {
  const xpath = `(//*[local-name(.)='${name}'])[1]`
  const signer = new SignedXml({
    privateKey,
    publicCert: certificate,
    signatureAlgorithm: (algorithms.signatureAlgorithm ??
      'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256') as never,
    canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  })
  if (algorithms.signatureAlgorithm?.includes('hmac')) {
    signer.enableHMAC()
    signer.privateKey = createPublicKey(certificate).export({ type: 'spki', format: 'pem' })
  }
  signer.addReference({
    xpath,
    transforms: [
      'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
      'http://www.w3.org/2001/10/xml-exc-c14n#',
    ],
    digestAlgorithm: (algorithms.digestAlgorithm ?? 'http://www.w3.org/2001/04/xmlenc#sha256') as never,
  })
  signer.computeSignature(xml, {
    location: { reference: `${xpath}/*[local-name(.)='Issuer']`, action: 'after' },
  })
  return signer.getSignedXml()
}

function seal(assertion: string, asked: Asked): Promise<string> {
  const pem = asked.encryptFor ?? ''
  const options = {
    rsa_pub: createPublicKey(pem).export({ type: 'spki', format: 'pem' }),
    pem,
    encryptionAlgorithm: asked.contentEncryption ?? 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
    keyEncryptionAlgorithm: asked.keyEncryption ?? 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
    warnInsecureAlgorithm: false,
  }
  return new Promise((resolve, reject) => {
    encrypt(assertion, options, (error, sealed) => {
      if (error) return reject(error)
      resolve(
        `<saml:EncryptedAssertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${sealed}</saml:EncryptedAssertion>`,
      )
    })
  })
}

function bare(certificate: string): string {
  return certificate.replace(/-----[^-]+-----|\s/g, '')
}
