import { Refusal } from '../base/refusal.ts'
import type { Secret, SecretChange } from '../store/secrets.ts'
import type { SecretsDeps } from './deps.ts'
import { requireUndeleted } from './find-secret.ts'
import { noteAbandoned } from './rotation/rotation-events.ts'
import { type ByHand, valueByHand } from './rotation/rotation-state.ts'
import { current, moveStages, stagesOf } from './stages.ts'
import { isSameValue, type SecretValue } from './vault.ts'

type Given = { SecretString?: string | undefined; SecretBinary?: Buffer | undefined }

/**
 * The value that a request brings, if any.
 *
 * @throws {Refusal} entity.invalid for both forms at once
 */
export function findValue({ SecretString, SecretBinary }: Given): SecretValue | undefined {
  if (SecretString !== undefined && SecretBinary !== undefined) {
    const message =
      "You can't specify both a binary secret value and a string secret value in the same secret."
    throw new Refusal('entity.invalid', { said: { message } })
  }
  if (SecretString !== undefined) return { kind: 'string', bytes: Buffer.from(SecretString) }
  return SecretBinary && { kind: 'binary', bytes: SecretBinary }
}

/**
 * Nobody's partners rotate secrets here. Passed over, it would look as if they did.
 *
 * @throws {Refusal} entity.invalid
 */
export function refuseType(type: string | undefined): void {
  if (type === undefined) return
  const message = 'Managed external secrets are not supported: leave Type out.'
  throw new Refusal('entity.invalid', { said: { message } })
}

/** The SDKs make one up where their caller does not. @throws {Refusal} secret.state */
export function requireToken(token: string | undefined): string {
  if (token !== undefined) return token
  const message = 'You must provide a ClientRequestToken value. We recommend a UUID-type value.'
  throw new Refusal('secret.state', { said: { message } })
}

/** As the wire has it. */
export function wireValue({ kind, bytes }: SecretValue): Readonly<Record<string, string>> {
  return kind === 'string'
    ? { SecretString: bytes.toString('utf8') }
    : { SecretBinary: bytes.toString('base64') }
}

/** One more value, to be kept under the token that it came with. */
export type Putting = {
  token: string
  value: SecretValue
  stages: readonly string[]
  /** What else becomes of the secret. */
  change?: SecretChange
  /** Throws where the secret, as it is by then, is not in the state for it. */
  require?: (secret: Secret) => void
}

const mostTries = 3

/**
 * Keeps a value as a new version and brings its stages there. The same token with the same value again changes nothing.
 *
 * @throws {Refusal} entity.exists when the token is another value's | entity.limit | entity.changed | secret.state
 */
export async function putVersion(secret: Secret, putting: Putting, deps: SecretsDeps): Promise<Secret> {
  for (let n = 1; ; n++) {
    try {
      return await tryPutVersion(secret, putting, deps)
    } catch (error) {
      // Somebody else came with the same token at the same time: by now it can be compared.
      const isRace = error instanceof Refusal && error.reason === 'entity.changed'
      if (!isRace || n === mostTries) throw error
    }
  }
}

async function tryPutVersion(
  { id }: Secret,
  { token, value, stages, change = {}, require = requireUndeleted }: Putting,
  deps: SecretsDeps,
): Promise<Secret> {
  const { secrets, vault, clock } = deps
  const nowMs = clock()
  const there = await secrets.findVersion(id, token)
  if (there !== undefined) {
    if (!isSameValue(value, await vault.open(id, there))) throw inUse(token)
    return secrets.change(id, secret => {
      require(secret)
      return change
    })
  }
  const version = await vault.seal(id, token, value, nowMs)
  let byHand: ByHand | undefined
  const kept = await secrets.addVersion(id, version, secret => {
    require(secret)
    // The first value there is, is the current one whatever it is called besides.
    const names = secret.stages[current] === undefined ? [...stages, current] : stages
    byHand = valueByHand(secret, moveStages(secret.stages, names, token), token, nowMs)
    return { ...change, ...byHand.change, stages: byHand.stages, changedAtMs: nowMs }
  })
  await noteAbandoned(id, byHand?.abandoned, nowMs, { ...deps, history: deps.rotation.history })
  return kept
}

/** The members that answers to a write have alike. */
export function wireVersion({ name, stages }: Secret, arn: string, versionId: string) {
  return { ARN: arn, Name: name, VersionId: versionId, VersionStages: stagesOf(stages, versionId) }
}

function inUse(token: string): Refusal {
  const message = `You can't use ClientRequestToken ${token} because that value is already in use for a version of this secret.`
  return new Refusal('entity.exists', { said: { message } })
}
