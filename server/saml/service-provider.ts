import type { KeyObject } from 'node:crypto'
import * as namespaces from './namespaces.ts'
import { escapeXml } from './xml-tree.ts'

/** Ourselves, as identity providers know us. */
export type ServiceProvider = {
  /** The audience of assertions that are meant for us; our metadata are there. */
  entityId: string
  /** Where responses are sent: the recipient. */
  acsUrl: string
}

/** What signs our requests. */
export type RequestKey = {
  privateKey: KeyObject
  /** DER in base64, as metadata carry it. */
  certificate: string
}

export function serviceProviderAt(publicUrl: string): ServiceProvider {
  return { entityId: `${publicUrl}/saml/metadata`, acsUrl: `${publicUrl}/saml/acs` }
}

/**
 * What an identity provider's operator gives it, to be known to it.
 *
 * @param requestsSigned whether every request is; those to a provider that wants it so always are
 * @see SAML Metadata, section 2.4.4
 */
export function serviceProviderMetadata(
  { entityId, acsUrl }: ServiceProvider,
  { keys, requestsSigned }: { keys: readonly RequestKey[]; requestsSigned: boolean },
): string {
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<EntityDescriptor xmlns="${namespaces.metadata}" entityID="${escapeXml(entityId)}">`,
    `  <SPSSODescriptor AuthnRequestsSigned="${requestsSigned}" WantAssertionsSigned="true" protocolSupportEnumeration="${namespaces.protocol}">`,
    ...keys.map(({ certificate }) => keyDescriptor(certificate)),
    `    <NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat>`,
    `    <NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>`,
    `    <AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${escapeXml(acsUrl)}" index="0" isDefault="true"/>`,
    `  </SPSSODescriptor>`,
    `</EntityDescriptor>`,
    ``,
  ].join('\n')
}

function keyDescriptor(certificate: string): string {
  return [
    `    <KeyDescriptor use="signing">`,
    `      <KeyInfo xmlns="${namespaces.signature}"><X509Data><X509Certificate>${certificate}</X509Certificate></X509Data></KeyInfo>`,
    `    </KeyDescriptor>`,
  ].join('\n')
}
