import { defineAction } from '../aws/action.ts'
import { params } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { Settings } from '../store/settings.ts'
import type { IamDeps } from './deps.ts'

const setting = 'outbound-federation'

/** Whether principals of this account may show who they are elsewhere. Off until somebody says otherwise. */
export async function isOutboundEnabled(settings: Settings): Promise<boolean> {
  return (await settings.find(setting)) === 'enabled'
}

/**
 * @throws {Refusal} outbound.alreadyEnabled
 * @see AWS IAM API reference, EnableOutboundWebIdentityFederation
 */
export const enableOutboundWebIdentityFederation = defineAction({
  name: 'EnableOutboundWebIdentityFederation',
  auth: 'signed',
  writes: true,
  input: params({}),
  permission: () => ({ action: 'iam:EnableOutboundWebIdentityFederation', resource: '*' }),
  async handle(_asked, { settings, issuer }: IamDeps) {
    if (await isOutboundEnabled(settings)) throw new Refusal('outbound.alreadyEnabled')
    await settings.set(setting, 'enabled')
    return { IssuerIdentifier: issuer }
  },
})

/**
 * Tokens that are out already are good until they expire.
 *
 * @throws {Refusal} outbound.notEnabled
 * @see AWS IAM API reference, DisableOutboundWebIdentityFederation
 */
export const disableOutboundWebIdentityFederation = defineAction({
  name: 'DisableOutboundWebIdentityFederation',
  auth: 'signed',
  writes: true,
  input: params({}),
  permission: () => ({ action: 'iam:DisableOutboundWebIdentityFederation', resource: '*' }),
  async handle(_asked, { settings }: IamDeps) {
    if (!(await isOutboundEnabled(settings))) throw new Refusal('outbound.notEnabled')
    await settings.delete(setting)
    return {}
  },
})

/**
 * @throws {Refusal} outbound.notEnabled
 * @see AWS IAM API reference, GetOutboundWebIdentityFederationInfo
 */
export const getOutboundWebIdentityFederationInfo = defineAction({
  name: 'GetOutboundWebIdentityFederationInfo',
  auth: 'signed',
  input: params({}),
  permission: () => ({ action: 'iam:GetOutboundWebIdentityFederationInfo', resource: '*' }),
  async handle(_asked, { settings, issuer }: IamDeps) {
    if (!(await isOutboundEnabled(settings))) throw new Refusal('outbound.notEnabled')
    return { IssuerIdentifier: issuer, JwtVendingEnabled: true }
  },
})
