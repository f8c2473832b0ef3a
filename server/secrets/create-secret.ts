import { randomInt } from 'node:crypto'
import { defineAction } from '../aws/action.ts'
import { flag, list, optional, params, structure, text } from '../aws/params.ts'
import { secretArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { Secret } from '../store/secrets.ts'
import type { SecretsDeps } from './deps.ts'
import { parametersContext } from './find-secret.ts'
import * as given from './parameters.ts'
import { refuseReplication } from './replication.ts'
import { mayNameMaster } from './rotation/master-secret.ts'
import { current } from './stages.ts'
import { readTags, tagContext } from './tags.ts'
import { findValue, refuseType, requireToken } from './values.ts'
import { isSameValue } from './vault.ts'

/**
 * Asked twice with the same token and value, it is made once.
 *
 * @throws {Refusal} entity.exists | entity.invalid | secret.state | tags.invalid
 * @see AWS Secrets Manager API reference, CreateSecret
 */
export const createSecret = defineAction({
  name: 'CreateSecret',
  auth: 'signed',
  writes: true,
  input: params({
    Name: given.secretName,
    ClientRequestToken: given.requestToken,
    Description: given.description,
    KmsKeyId: given.kmsKeyId,
    SecretString: given.secretString,
    SecretBinary: given.secretBinary,
    Tags: optional(given.tags, []),
    Type: given.partnerType,
    AddReplicaRegions: optional(list(structure({ Region: text({ min: 1, max: 128 }) }), { max: 60 }), []),
    ForceOverwriteReplicaSecret: optional(flag()),
  }),
  async permission(asked, deps: SecretsDeps) {
    const { accountId } = deps
    const { Name, Description, KmsKeyId } = asked
    const context = new Map([
      ...tagContext(asked.Tags),
      ...parametersContext({ Name, Description, KmsKeyId }),
    ])
    // The six characters are not drawn yet: a policy on `NAME-??????` means them whatever they become.
    const resource = secretArn(accountId, `${Name}-??????`)
    const create = { action: 'secretsmanager:CreateSecret', resource, named: Name, context }
    // Whoever creates with tags must be allowed to tag, or a deny of tagging would be no deny.
    const tag = asked.Tags.length === 0 ? [] : [{ ...create, action: 'secretsmanager:TagResource' }]
    return [create, ...tag, ...(await mayNameMaster(asked.SecretString, deps))]
  },
  async handle(asked, deps) {
    if (asked.AddReplicaRegions.length > 0) refuseReplication()
    refuseType(asked.Type)
    const nowMs = deps.clock()
    const value = findValue(asked)
    const id = `${asked.Name}-${randomEnd()}`
    const version = value && (await deps.vault.seal(id, requireToken(asked.ClientRequestToken), value, nowMs))
    const secret: Secret = {
      id,
      name: asked.Name,
      description: asked.Description,
      kmsKeyId: asked.KmsKeyId,
      tags: readTags(asked.Tags),
      stages: version === undefined ? {} : { [current]: version.id },
      createdAtMs: nowMs,
      changedAtMs: nowMs,
    }
    try {
      await deps.secrets.create(secret, version)
    } catch (error) {
      if (!(error instanceof Refusal) || error.reason !== 'entity.exists') throw error
      return wireCreated(await requireSameSecret(asked, deps), asked.ClientRequestToken, deps)
    }
    return wireCreated(secret, version?.id, deps)
  },
})

type Asked = { Name: string; ClientRequestToken: string | undefined } & Parameters<typeof findValue>[0]

/** The one that is there, when this is the same request once more. */
async function requireSameSecret(asked: Asked, deps: SecretsDeps): Promise<Secret> {
  const there = await deps.secrets.findByName(asked.Name)
  if (there?.deletedAtMs !== undefined) {
    const message =
      "You can't create this secret because a secret with this name is already scheduled for deletion."
    throw new Refusal('secret.state', { said: { message } })
  }
  const token = asked.ClientRequestToken
  const version = there && token && (await deps.secrets.findVersion(there.id, token))
  const value = findValue(asked)
  if (there && version && value && isSameValue(value, await deps.vault.open(there.id, version))) return there
  throw new Refusal('entity.exists', { said: { name: asked.Name } })
}

function wireCreated({ id, name }: Secret, versionId: string | undefined, { accountId }: SecretsDeps) {
  return { ARN: secretArn(accountId, id), Name: name, VersionId: versionId }
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** So that a secret that gets the name anew is not the one that policies meant. */
function randomEnd(): string {
  return Array.from({ length: 6 }, () => letters[randomInt(letters.length)]).join('')
}
