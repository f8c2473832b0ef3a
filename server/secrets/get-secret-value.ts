import { defineAction, type Result } from '../aws/action.ts'
import { optional, params } from '../aws/params.ts'
import { secretArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { Secret } from '../store/secrets.ts'
import type { SecretsDeps } from './deps.ts'
import { onSecret, parametersContext, requireSecret } from './find-secret.ts'
import * as given from './parameters.ts'
import { current, stagesOf } from './stages.ts'
import { wireValue } from './values.ts'

type Wanted = { VersionId?: string | undefined; VersionStage?: string | undefined }

/**
 * Gives a value out; its row in the audit log is there before.
 *
 * @throws {Refusal} entity.missing | secret.state | secret.notDecryptable
 * @see AWS Secrets Manager API reference, GetSecretValue
 */
export const getSecretValue = defineAction({
  name: 'GetSecretValue',
  auth: 'signed',
  writes: true,
  input: params({
    SecretId: given.secretId,
    VersionId: optional(given.versionId),
    VersionStage: optional(given.stage),
  }),
  async permission({ SecretId, ...wanted }, deps: SecretsDeps) {
    const { VersionId, VersionStage = VersionId === undefined ? current : undefined } = wanted
    return onSecret('GetSecretValue', SecretId, deps, parametersContext({ VersionId, VersionStage }))
  },
  // Which value left: whoever learns that one leaked looks for who had it.
  recorded: ({ VersionId, VersionStage }) =>
    VersionId === undefined && VersionStage === undefined
      ? undefined
      : { versionId: VersionId, versionStage: VersionStage },
  async handle({ VersionId, VersionStage }, deps, call) {
    return giveOut(await requireSecret(call, deps), { VersionId, VersionStage }, deps)
  },
})

/** @throws {Refusal} entity.missing | secret.state | secret.notDecryptable */
export async function giveOut(secret: Secret, wanted: Wanted, deps: SecretsDeps): Promise<Result> {
  const id = versionIdOf(secret, wanted)
  const version = await deps.secrets.findVersion(secret.id, id)
  if (version === undefined) {
    // AWSPENDING may be at a version that is yet to be made.
    const { VersionId, VersionStage = current } = wanted
    throw missingVersion(VersionId === undefined ? `staging label: ${VersionStage}` : `VersionId: ${id}`)
  }
  const value = await deps.vault.open(secret.id, version)
  // Dates of use are days.
  deps.secrets.accesses.note(secret.id, version, Math.floor(deps.clock() / dayMs) * dayMs)
  return {
    ARN: secretArn(deps.accountId, secret.id),
    Name: secret.name,
    VersionId: id,
    ...wireValue(value),
    VersionStages: stagesOf(secret.stages, id),
    CreatedDate: version.createdAtMs / 1000,
  }
}

function versionIdOf({ stages }: Secret, { VersionId, VersionStage }: Wanted): string {
  if (VersionId !== undefined) {
    if (VersionStage === undefined || stages[VersionStage] === VersionId) return VersionId
    const message = 'You provided a VersionStage that is not associated to the provided VersionId.'
    throw new Refusal('secret.state', { said: { message } })
  }
  const stage = VersionStage ?? current
  const id = Object.hasOwn(stages, stage) ? stages[stage] : undefined
  if (id === undefined) throw missingVersion(`staging label: ${stage}`)
  return id
}

function missingVersion(what: string): Refusal {
  const message = `Secrets Manager can't find the specified secret value for ${what}`
  return new Refusal('entity.missing', { said: { message } })
}

const dayMs = 24 * 3_600_000
