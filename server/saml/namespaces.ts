/** @see SAML Core, section 1.2; XML Signature, section 1.3; XML Encryption, section 1.3 */
export const protocol = 'urn:oasis:names:tc:SAML:2.0:protocol'
export const assertion = 'urn:oasis:names:tc:SAML:2.0:assertion'
export const metadata = 'urn:oasis:names:tc:SAML:2.0:metadata'
export const signature = 'http://www.w3.org/2000/09/xmldsig#'
export const encryption = 'http://www.w3.org/2001/04/xmlenc#'
