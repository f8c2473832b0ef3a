import type { Permission } from '../authorization/authorize.ts'
import { called, type Param } from '../aws/params.ts'
import type { ConditionContext } from '../base/request-facts.ts'
import type { Tags } from '../store/principals.ts'
import type { IamDeps } from './deps.ts'
import * as holders from './holders.ts'
import { requireDevice, serialNumber } from './mfa-devices.ts'
import { requireProvider, urlPathOf } from './oidc-provider-arn.ts'
import * as given from './parameters.ts'
import { on, onMfaDevice, onOidcProvider, onPolicy, onSamlProvider } from './permissions.ts'
import { requireOwnPolicy, requirePolicy } from './policy-arn.ts'
import { requireSamlProvider } from './saml-providers.ts'

/** A kind of entity that carries tags; `id` is what its parameter says: a name, an ARN or a serial number. */
export type Taggable = {
  parameter: Param<string>
  on(action: string, id: string, deps: IamDeps, context?: ConditionContext): Promise<Permission>
  /** @throws {Refusal} entity.missing */
  require(id: string, deps: IamDeps): Promise<{ tags: Tags }>
  /** @throws {Refusal} entity.missing | entity.invalid, and what `change` throws */
  change(id: string, deps: IamDeps, change: (tags: Tags) => Tags): Promise<void>
}

export const role = principal(holders.role)
export const user = principal(holders.user)

function principal(holder: holders.Holder): Taggable {
  return {
    parameter: holder.parameter,
    on: (action, name, deps, context) => on(holder, action, name, deps, context),
    require: (name, deps) => holders.requireHolder(holder, name, deps),
    async change(name, deps, change) {
      const found = await holders.requireHolder(holder, name, deps)
      await deps.principals.changeTags(holder.kind, found, change)
    },
  }
}

export const policy: Taggable = {
  parameter: called('PolicyArn', given.arn),
  on: onPolicy,
  require: (arn, deps) => requirePolicy(arn, deps, `Policy ${arn} was not found.`),
  async change(arn, deps, change) {
    const found = await requireOwnPolicy(arn, deps, `Policy ${arn} was not found.`)
    await deps.policies.changeTags(found, change)
  },
}

export const oidcProvider: Taggable = {
  parameter: called('OpenIDConnectProviderArn', given.arn),
  on: (action, arn, deps, context) => onOidcProvider(action, urlPathOf(arn, deps), deps, context),
  require: requireProvider,
  async change(arn, deps, change) {
    const { urlPath } = await requireProvider(arn, deps)
    await deps.oidcProviders.change(urlPath, ({ tags }) => ({ tags: change(tags) }))
  },
}

export const samlProvider: Taggable = {
  parameter: called('SAMLProviderArn', given.arn),
  on: onSamlProvider,
  require: requireSamlProvider,
  async change(arn, deps, change) {
    const { name } = await requireSamlProvider(arn, deps)
    await deps.samlProviders.change(name, ({ tags }) => ({ tags: change(tags) }))
  },
}

export const mfaDevice: Taggable = {
  parameter: called('SerialNumber', serialNumber),
  on: onMfaDevice,
  require: requireDevice,
  async change(serial, deps, change) {
    await requireDevice(serial, deps)
    await deps.mfaDevices.changeTags(serial, change)
  },
}
