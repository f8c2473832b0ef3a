import { createPrivateKey, type KeyObject } from 'node:crypto'
import { defineAction, type Result } from '../aws/action.ts'
import { oneOf, optional, params, text } from '../aws/params.ts'
import { samlProviderArn, samlProviderName } from '../base/arn.ts'
import { newId, newKeyId } from '../base/ids.ts'
import { Refusal } from '../base/refusal.ts'
import { sealRecord } from '../keys/sealed-record.ts'
import { readMetadata } from '../saml/read-metadata.ts'
import type { SamlProvider } from '../store/saml-providers.ts'
import type { IamDeps } from './deps.ts'
import * as given from './parameters.ts'
import { onNewSamlProvider, onSamlProvider } from './permissions.ts'
import { sortedTags, wireDate, wireTags } from './shapes.ts'

/** @see AWS IAM API reference, CreateSAMLProvider */
const metadataDocument = text({ min: 1000, max: 10_000_000 })
const providerName = text({ min: 1, max: 128, pattern: /^[\w._-]+$/, patternText: '[\\w._-]+' })
const encryptionMode = optional(oneOf('Required', 'Allowed'))
const privateKey = optional(text({ min: 1, max: 16_384, secret: true }))
const mostPrivateKeys = 2
const centuryMs = 100 * 365.25 * 86_400_000

/** @throws {Refusal} entity.missing */
export async function requireSamlProvider(
  arn: string,
  { samlProviders, accountId }: IamDeps,
): Promise<SamlProvider> {
  const name = samlProviderName(arn, accountId)
  const provider = name === undefined ? undefined : await samlProviders.find(name)
  if (provider === undefined) {
    throw new Refusal('entity.missing', { said: { message: `Manifest not found for arn ${arn}` } })
  }
  return provider
}

/**
 * @throws {Refusal} entity.invalid (the metadata, the key) | entity.exists
 * @see AWS IAM API reference, CreateSAMLProvider
 */
export const createSamlProvider = defineAction({
  name: 'CreateSAMLProvider',
  auth: 'signed',
  writes: true,
  input: params({
    Name: providerName,
    SAMLMetadataDocument: metadataDocument,
    Tags: given.tags,
    AssertionEncryptionMode: encryptionMode,
    AddPrivateKey: privateKey,
  }),
  permission: (asked, deps: IamDeps) => onNewSamlProvider(asked.Name, asked.Tags, deps),
  async handle(asked, deps) {
    readMetadata(asked.SAMLMetadataDocument)
    const provider: SamlProvider = {
      name: asked.Name,
      id: newId('ASPR'),
      metadata: asked.SAMLMetadataDocument,
      privateKeys: asked.AddPrivateKey === undefined ? [] : [sealKey(asked.AddPrivateKey, deps)],
      tags: asked.Tags ?? {},
      createdAtMs: deps.clock(),
      ...(asked.AssertionEncryptionMode === undefined ? {} : { encryption: asked.AssertionEncryptionMode }),
    }
    requireUsable(provider)
    await deps.samlProviders.create(provider)
    return { SAMLProviderArn: samlProviderArn(deps.accountId, provider.name), ...wireTags(provider.tags) }
  },
})

/** @see AWS IAM API reference, GetSAMLProvider */
export const getSamlProvider = defineAction({
  name: 'GetSAMLProvider',
  auth: 'signed',
  input: params({ SAMLProviderArn: given.arn }),
  permission: (asked, deps: IamDeps) => onSamlProvider('GetSAMLProvider', asked.SAMLProviderArn, deps),
  async handle(asked, deps) {
    const provider = await requireSamlProvider(asked.SAMLProviderArn, deps)
    return {
      SAMLProviderUUID: provider.id,
      SAMLMetadataDocument: provider.metadata,
      ...wireDates(provider),
      Tags: sortedTags(provider.tags),
      AssertionEncryptionMode: provider.encryption,
      PrivateKeyList: provider.privateKeys.map(({ id, addedAtMs }) => ({
        KeyId: id,
        Timestamp: wireDate(addedAtMs),
      })),
    }
  },
})

/** @see AWS IAM API reference, ListSAMLProviders */
export const listSamlProviders = defineAction({
  name: 'ListSAMLProviders',
  auth: 'signed',
  input: params({}),
  permission: () => ({ action: 'iam:ListSAMLProviders', resource: '*' }),
  async handle(_asked, deps: IamDeps) {
    const providers = await deps.samlProviders.list()
    return {
      SAMLProviderList: providers.map(provider => ({
        Arn: samlProviderArn(deps.accountId, provider.name),
        ...wireDates(provider),
      })),
    }
  },
})

/**
 * @throws {Refusal} entity.missing | entity.invalid | entity.limit
 * @see AWS IAM API reference, UpdateSAMLProvider
 */
export const updateSamlProvider = defineAction({
  name: 'UpdateSAMLProvider',
  auth: 'signed',
  writes: true,
  input: params({
    SAMLProviderArn: given.arn,
    SAMLMetadataDocument: optional(metadataDocument),
    AssertionEncryptionMode: encryptionMode,
    AddPrivateKey: privateKey,
    RemovePrivateKey: optional(text({ min: 22, max: 64, pattern: /^[A-Z0-9]+$/, patternText: '[A-Z0-9]+' })),
  }),
  permission: (asked, deps: IamDeps) => onSamlProvider('UpdateSAMLProvider', asked.SAMLProviderArn, deps),
  async handle(asked, deps) {
    const { SAMLMetadataDocument: metadata, AssertionEncryptionMode: encryption } = asked
    const { AddPrivateKey: added, RemovePrivateKey: removed } = asked
    const { name } = await requireSamlProvider(asked.SAMLProviderArn, deps)
    if ([metadata, encryption, added, removed].every(one => one === undefined)) {
      throw invalid(
        'Unable to update identity provider. No updates are defined for metadata or encryption assertion.',
      )
    }
    if (added !== undefined && removed !== undefined) {
      throw invalid(
        'Unable to add and remove private keys in the same request. Set a value for only one of the two parameters.',
      )
    }
    if (metadata !== undefined) readMetadata(metadata)
    const sealed = added === undefined ? [] : [sealKey(added, deps)]
    await deps.samlProviders.change(name, provider => {
      const kept = provider.privateKeys.filter(({ id }) => id !== removed)
      if (removed !== undefined && kept.length === provider.privateKeys.length) {
        throw invalid('Failed to remove private key because the Key ID does not match a private key.')
      }
      const change = {
        ...(metadata === undefined ? {} : { metadata }),
        ...(encryption === undefined ? {} : { encryption }),
        privateKeys: [...kept, ...sealed],
      }
      requireUsable({ ...provider, ...change })
      return change
    })
    return { SAMLProviderArn: asked.SAMLProviderArn }
  },
})

/**
 * Sessions that it vouched for live on; a role that trusts it can be taken no more.
 *
 * @throws {Refusal} entity.missing
 * @see AWS IAM API reference, DeleteSAMLProvider
 */
export const deleteSamlProvider = defineAction({
  name: 'DeleteSAMLProvider',
  auth: 'signed',
  writes: true,
  input: params({ SAMLProviderArn: given.arn }),
  permission: (asked, deps: IamDeps) => onSamlProvider('DeleteSAMLProvider', asked.SAMLProviderArn, deps),
  async handle(asked, deps) {
    const { name } = await requireSamlProvider(asked.SAMLProviderArn, deps)
    await deps.samlProviders.delete(name)
    return {}
  },
})

function requireUsable({ privateKeys, encryption }: SamlProvider): void {
  if (privateKeys.length > mostPrivateKeys) {
    const message = `Private key limit of ${mostPrivateKeys} is reached.`
    throw new Refusal('entity.limit', { said: { message } })
  }
  if (encryption === 'Required' && privateKeys.length === 0) {
    throw invalid('Unable to set assertion encryption mode to Required because no private key is provided.')
  }
}

function sealKey(pem: string, { keyring, clock }: IamDeps): SamlProvider['privateKeys'][number] {
  const key = parseKey(pem)
  if (key?.asymmetricKeyType !== 'rsa' || (key.asymmetricKeyDetails?.modulusLength ?? 0) < 2048) {
    throw invalid('Invalid private key.')
  }
  const id = newKeyId()
  const plain = Buffer.from(key.export({ type: 'pkcs8', format: 'pem' }))
  const sealed = sealRecord(keyring, 'secret-at-rest', plain, id).toString('base64')
  return { id, sealed, addedAtMs: clock() }
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

/** Where the metadata do not say how long they hold, AWS says a hundred years. */
function wireDates({ metadata, createdAtMs }: SamlProvider): Result {
  const { validUntilMs = createdAtMs + centuryMs } = readMetadata(metadata)
  return { ValidUntil: wireDate(validUntilMs), CreateDate: wireDate(createdAtMs) }
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
