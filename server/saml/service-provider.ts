import * as namespaces from './namespaces.ts'
import { escapeXml } from './xml-tree.ts'

/** Ourselves, as identity providers know us. */
export type ServiceProvider = {
  /** The audience of assertions that are meant for us; our metadata are there. */
  entityId: string
  /** Where responses are sent: the recipient. */
  acsUrl: string
}

export function serviceProviderAt(publicUrl: string): ServiceProvider {
  return { entityId: `${publicUrl}/saml/metadata`, acsUrl: `${publicUrl}/saml/acs` }
}

/**
 * What an identity provider's operator gives it, to be known to it.
 * @see SAML Metadata, section 2.4.4
 */
export function serviceProviderMetadata({ entityId, acsUrl }: ServiceProvider): string {
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<EntityDescriptor xmlns="${namespaces.metadata}" entityID="${escapeXml(entityId)}">`,
    `  <SPSSODescriptor WantAssertionsSigned="true" protocolSupportEnumeration="${namespaces.protocol}">`,
    `    <NameIDFormat>urn:oasis:names:tc:SAML:2.0:nameid-format:persistent</NameIDFormat>`,
    `    <NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress</NameIDFormat>`,
    `    <AssertionConsumerService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${escapeXml(acsUrl)}" index="0" isDefault="true"/>`,
    `  </SPSSODescriptor>`,
    `</EntityDescriptor>`,
    ``,
  ].join('\n')
}
