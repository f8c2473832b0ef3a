import { defineAction } from '../../aws/action.ts'
import { flag, integer, list, optional, type Param, params, structure, text } from '../../aws/params.ts'
import { secretArn } from '../../base/arn.ts'
import { Refusal } from '../../base/refusal.ts'
import type { Secret, SecretChange, SecretRotation } from '../../store/secrets.ts'
import type { SecretsDeps } from '../deps.ts'
import { onSecret, parametersContext, requireSecret, requireUndeleted } from '../find-secret.ts'
import * as given from '../parameters.ts'
import { current } from '../stages.ts'
import { requireToken } from '../values.ts'
import { claimedStages, isBlocked, scheduled } from './rotation-state.ts'
import { type Rules, readSchedule } from './schedule/schedule.ts'

const rotationRules = structure({
  AutomaticallyAfterDays: optional(integer({ min: 1, max: 1000 })),
  Duration: optional(text({ min: 2, max: 3, pattern: /^[0-9h]+$/, patternText: '[0-9h]+' })),
  ScheduleExpression: optional(
    text({
      min: 1,
      max: 256,
      pattern: /^[0-9A-Za-z()#?*\-/, ]+$/,
      patternText: '[0-9A-Za-z\\(\\)#\\?\\*\\-\\/, ]+',
    }),
  ),
})
const metadata = list(structure({ Key: text({ max: 256 }), Value: text({ max: 2048 }) }), { max: 10 })

/**
 * Sets by whom and when a secret is rotated, and has it rotated, or only tested whether it could be. Answers before that
 * is done.
 *
 * @throws {Refusal} entity.missing | entity.exists | entity.invalid | secret.state | secret.rotatorUnknown
 * @see AWS Secrets Manager API reference, RotateSecret
 */
export const rotateSecret = defineAction({
  name: 'RotateSecret',
  auth: 'signed',
  writes: true,
  input: params({
    SecretId: given.secretId,
    ClientRequestToken: given.requestToken,
    RotationLambdaARN: optional(text({ max: 2048 })),
    RotationRules: optional(rotationRules),
    RotateImmediately: optional(flag(), true),
    ExternalSecretRotationMetadata: optional(metadata),
    ExternalSecretRotationRoleArn: optional(text({ min: 20, max: 2048 })),
  }),
  async permission({ SecretId, RotationLambdaARN, RotationRules, RotateImmediately }, deps: SecretsDeps) {
    const ModifyRotationRules = RotationRules !== undefined
    const asked = parametersContext({ RotationLambdaARN, RotateImmediately, ModifyRotationRules })
    const rotate = await onSecret('RotateSecret', SecretId, deps, asked)
    if (!RotationLambdaARN) return rotate
    return [rotate, { action: 'lambda:InvokeFunction', resource: RotationLambdaARN }]
  },
  recorded: ({ ClientRequestToken, RotationLambdaARN, RotateImmediately }) => ({
    versionId: ClientRequestToken,
    rotator: RotationLambdaARN,
    rotateImmediately: RotateImmediately,
  }),
  async handle(asked, deps, call) {
    if ((asked.ExternalSecretRotationMetadata ?? asked.ExternalSecretRotationRoleArn) !== undefined) {
      throw new Refusal('entity.invalid', {
        said: { message: 'There are no managed external secrets here.' },
      })
    }
    const token = requireToken(asked.ClientRequestToken)
    const { id, name, rotation } = await requireSecret(call, deps)
    const lambdaArn = await requireRotator(asked.RotationLambdaARN || rotation?.lambdaArn, deps)
    const rules = asked.RotationRules && rulesOf(asked.RotationRules)
    const kind = asked.RotateImmediately ? 'rotation' : 'test'
    await deps.secrets.change(id, (secret, versions) => {
      requireUndeleted(secret)
      const set = { ...withRules(secret.rotation, rules), enabled: true, lambdaArn }
      return startedBy({ token, kind }, { ...secret, rotation: set }, versions, deps.clock())
    })
    deps.rotation.wake()
    const VersionId = asked.RotateImmediately ? token : undefined
    return { ARN: secretArn(deps.accountId, id), Name: name, VersionId }
  },
})

type Started = { token: string; kind: 'rotation' | 'test' }

function startedBy(
  { token, kind }: Started,
  { rotation, ...secret }: Secret & { rotation: SecretRotation },
  versions: ReadonlySet<string>,
  nowMs: number,
): SecretChange {
  // The same request once more.
  if (rotation.running?.token === token || secret.stages[current] === token) return {}
  if (rotation.running !== undefined || isBlocked(secret.stages, token)) {
    throw state("A previous rotation isn't complete. That rotation will be reattempted.")
  }
  if (versions.has(token)) {
    const message = `You can't use ClientRequestToken ${token} because that value is already in use for a version of this secret.`
    throw new Refusal('entity.exists', { said: { message } })
  }
  const { rotation: set = rotation } = scheduled(rotation, secret.id, secret.rotatedAtMs ?? nowMs, nowMs)
  const running = { token, kind, startedAtMs: nowMs, failures: 0 }
  const stages = claimedStages(secret.stages, token)
  return { rotation: { ...set, running }, stages, rotationDueAtMs: nowMs }
}

/** @throws {Refusal} secret.state | secret.rotatorUnknown */
async function requireRotator(arn: string | undefined, { rotation }: SecretsDeps): Promise<string> {
  if (arn === undefined) {
    throw state('No Lambda rotation function ARN is associated with this secret.')
  }
  if ((await rotation.find(arn)) === undefined) throw new Refusal('secret.rotatorUnknown')
  return arn
}

type GivenRules = typeof rotationRules extends Param<infer Rules> ? Rules : never

/** @throws {Refusal} entity.invalid */
function rulesOf({ AutomaticallyAfterDays, Duration, ScheduleExpression }: GivenRules): Rules {
  const rules = { afterDays: AutomaticallyAfterDays, duration: Duration, schedule: ScheduleExpression }
  readSchedule(rules)
  return rules
}

/** New rules are whole: what they leave out is not kept from those before. */
function withRules(rotation: SecretRotation = { enabled: true }, rules: Rules | undefined): SecretRotation {
  return rules === undefined ? rotation : { ...rotation, ...rules }
}

function state(message: string): Refusal {
  return new Refusal('secret.state', { said: { message } })
}
