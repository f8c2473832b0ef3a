import { defineAction } from '../aws/action.ts'
import { optional, params, text } from '../aws/params.ts'
import { secretArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { Secret } from '../store/secrets.ts'
import type { SecretsDeps } from './deps.ts'
import { onSecret, parametersContext, requireSecret, requireUndeleted } from './find-secret.ts'
import * as given from './parameters.ts'
import { mayNameMaster } from './rotation/master-secret.ts'
import { requireRotationToken } from './rotation/rotation-token.ts'
import { current } from './stages.ts'
import { findValue, putVersion, refuseType, requireToken, wireVersion } from './values.ts'

/**
 * @throws {Refusal} entity.missing | entity.exists | entity.invalid | entity.limit | secret.state
 * @see AWS Secrets Manager API reference, PutSecretValue
 */
export const putSecretValue = defineAction({
  name: 'PutSecretValue',
  auth: 'signed',
  writes: true,
  input: params({
    SecretId: given.secretId,
    ClientRequestToken: given.requestToken,
    SecretString: given.secretString,
    SecretBinary: given.secretBinary,
    VersionStages: optional(given.stages, [current]),
    RotationToken: optional(
      text({ min: 36, max: 256, pattern: /^[a-zA-Z0-9-]+$/, patternText: '[a-zA-Z0-9\\-]+', secret: true }),
    ),
  }),
  permission: async ({ SecretId, SecretString, VersionStages: VersionStage }, deps: SecretsDeps) => [
    await onSecret('PutSecretValue', SecretId, deps, parametersContext({ VersionStage })),
    ...(await mayNameMaster(SecretString, deps)),
  ],
  recorded: ({ ClientRequestToken }) => ({ versionId: ClientRequestToken }),
  async handle(asked, deps, call) {
    const value = findValue(asked)
    if (value === undefined) {
      const message = 'You must provide either SecretString or SecretBinary.'
      throw new Refusal('entity.invalid', { said: { message } })
    }
    const token = requireToken(asked.ClientRequestToken)
    const secret = await requireSecret(call, deps)
    const require = (found: Secret) => {
      requireUndeleted(found)
      requireRotationToken(found, token, asked.RotationToken)
    }
    const kept = await putVersion(secret, { token, value, stages: asked.VersionStages, require }, deps)
    return wireVersion(kept, secretArn(deps.accountId, kept.id), token)
  },
})

/**
 * Changes what is said of a secret, its value, or both.
 *
 * @throws {Refusal} entity.missing | entity.exists | entity.invalid | secret.state
 * @see AWS Secrets Manager API reference, UpdateSecret
 */
export const updateSecret = defineAction({
  name: 'UpdateSecret',
  auth: 'signed',
  writes: true,
  input: params({
    SecretId: given.secretId,
    ClientRequestToken: given.requestToken,
    Description: given.description,
    KmsKeyId: given.kmsKeyId,
    SecretString: given.secretString,
    SecretBinary: given.secretBinary,
    Type: given.partnerType,
  }),
  permission: async ({ SecretId, SecretString, Description, KmsKeyId }, deps: SecretsDeps) => [
    await onSecret('UpdateSecret', SecretId, deps, parametersContext({ Description, KmsKeyId })),
    ...(await mayNameMaster(SecretString, deps)),
  ],
  async handle(asked, deps, call) {
    refuseType(asked.Type)
    const { Description: description, KmsKeyId: kmsKeyId } = asked
    const change = {
      ...(description === undefined ? {} : { description }),
      ...(kmsKeyId === undefined ? {} : { kmsKeyId }),
      changedAtMs: deps.clock(),
    }
    const value = findValue(asked)
    const secret = await requireSecret(call, deps)
    const arn = secretArn(deps.accountId, secret.id)
    if (value === undefined) {
      await deps.secrets.change(secret.id, found => {
        requireUndeleted(found)
        return change
      })
      return { ARN: arn, Name: secret.name }
    }
    const token = requireToken(asked.ClientRequestToken)
    await putVersion(secret, { token, value, stages: [current], change }, deps)
    return { ARN: arn, Name: secret.name, VersionId: token }
  },
})
