import { defineAction } from '../aws/action.ts'
import { optional, params } from '../aws/params.ts'
import { secretArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { SecretsDeps } from './deps.ts'
import { onSecret, parametersContext, requireSecret, requireUndeleted } from './find-secret.ts'
import * as given from './parameters.ts'
import { noteAbandoned } from './rotation/rotation-events.ts'
import { type ByHand, stagesByHand } from './rotation/rotation-state.ts'
import { current, moveStages, type Stages } from './stages.ts'

type Move = {
  VersionStage: string
  RemoveFromVersionId: string | undefined
  MoveToVersionId: string | undefined
}

/**
 * Moves a stage from one version to another, brings it to one, or takes it away. Where AWSCURRENT moves, AWSPREVIOUS
 * follows.
 *
 * @throws {Refusal} entity.missing | entity.invalid | entity.limit | secret.state
 * @see AWS Secrets Manager API reference, UpdateSecretVersionStage
 */
export const updateSecretVersionStage = defineAction({
  name: 'UpdateSecretVersionStage',
  auth: 'signed',
  writes: true,
  input: params({
    SecretId: given.secretId,
    VersionStage: given.stage,
    RemoveFromVersionId: optional(given.versionId),
    MoveToVersionId: optional(given.versionId),
  }),
  permission: ({ SecretId, VersionStage }, deps: SecretsDeps) =>
    onSecret('UpdateSecretVersionStage', SecretId, deps, parametersContext({ VersionStage })),
  recorded: ({ VersionStage, RemoveFromVersionId, MoveToVersionId }) => ({
    stage: VersionStage,
    from: RemoveFromVersionId,
    to: MoveToVersionId,
  }),
  async handle(move, deps, call) {
    const { id, name } = await requireSecret(call, deps)
    const nowMs = deps.clock()
    let byHand: ByHand | undefined
    await deps.secrets.change(id, (secret, versions) => {
      requireUndeleted(secret)
      byHand = stagesByHand(secret, moved(secret.stages, move, versions), nowMs)
      return { ...byHand.change, stages: byHand.stages, changedAtMs: nowMs }
    })
    await noteAbandoned(id, byHand?.abandoned, nowMs, { ...deps, history: deps.rotation.history })
    return { ARN: secretArn(deps.accountId, id), Name: name }
  },
})

function moved(stages: Stages, move: Move, versions: ReadonlySet<string>): Stages {
  const { VersionStage: stage, RemoveFromVersionId: from, MoveToVersionId: to } = move
  const at = Object.hasOwn(stages, stage) ? stages[stage] : undefined
  if (from === undefined && to === undefined) {
    throw invalid('You must specify RemoveFromVersionId, MoveToVersionId, or both.')
  }
  if (from !== undefined && from !== at) {
    throw invalid(`Staging label ${stage} is not currently attached to version ${from}.`)
  }
  if (at !== undefined && at !== to && from === undefined) {
    throw invalid(
      `The parameter RemoveFromVersionId can't be empty. Staging label ${stage} is currently attached to version ${at}, so you must explicitly reference that version in RemoveFromVersionId.`,
    )
  }
  if (to === undefined) {
    if (stage === current) {
      throw invalid(
        `You can only move staging label ${current} to a different secret version. It can’t be completely removed.`,
      )
    }
    return Object.fromEntries(Object.entries(stages).filter(([name]) => name !== stage))
  }
  if (!versions.has(to)) {
    const message = `Secrets Manager can't find the specified secret value for VersionId: ${to}`
    throw new Refusal('entity.missing', { said: { message } })
  }
  return moveStages(stages, [stage], to)
}

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
