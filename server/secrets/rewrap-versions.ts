import { setTimeout as pause } from 'node:timers/promises'
import { secretArn } from '../base/arn.ts'
import type { KeyWrapper } from '../keys/envelope.ts'
import { KeyServiceError } from '../keys/key-service-error.ts'
import type { WrappedVersion } from '../store/secret-versions.ts'
import type { Secrets } from '../store/secrets.ts'

export type RewrapDeps = {
  secrets: Pick<Secrets, 'wrappings' | 'wrappedElsewhere' | 'rewrap'>
  wrapper: KeyWrapper
  accountId: string
  signal: AbortSignal
  /** Called after each batch. */
  onProgress(counts: Counts): void
  batch?: number
  pauseMs?: number
}

export type Counts = {
  /** What all should be wrapped under. */
  under: string
  done: number
  /** How many were wrapped under something else at first. */
  of: number
}

export type Rewrapped = Counts & {
  /** How many there were in all at first. */
  inAll: number
  /** How many can't be opened, or not be wrapped so that they open again. They stay as they are, for their key to come back. */
  left: number
  /** The first of them: secret, version, and what it is wrapped under. */
  examples: string[]
}

const mostExamples = 20

/**
 * Wraps the data keys anew that are wrapped under something else than the present key, in small batches with pauses. No
 * value is opened, and none is ever without a wrapping that opens: a new one takes the old one's place in one step, only
 * once it was seen to open, and only if the old one is still there. So any number of nodes may do this at once, and
 * be killed while they do; readers take whichever they find.
 *
 * @throws {KeyServiceError} what is done by then stays done
 */
export async function rewrapVersions(deps: RewrapDeps): Promise<Rewrapped> {
  const { secrets, wrapper, signal, onProgress, batch = 50, pauseMs = 100 } = deps
  const under = await wrapper.under()
  const wrappings = await secrets.wrappings()
  const inAll = countOf(wrappings)
  const of = countOf(wrappings.filter(one => one.under !== under))
  const found: Rewrapped = { under, inAll, done: 0, of, left: 0, examples: [] }
  let after: WrappedVersion | undefined
  while (found.of > 0 && !signal.aborted) {
    const versions = await secrets.wrappedElsewhere(under, batch, after)
    for (const version of versions) {
      if (signal.aborted) return found
      if (await rewrapOne(version, deps)) found.done++
      else note(version, found)
    }
    onProgress(found)
    if (versions.length < batch) break
    after = versions.at(-1)
    await pause(pauseMs, undefined, { signal }).catch(() => undefined)
  }
  return found
}

function countOf(wrappings: readonly { count: number }[]): number {
  return wrappings.reduce((sum, { count }) => sum + count, 0)
}

function note({ secretId, id, wrappedUnder }: WrappedVersion, found: Rewrapped): void {
  found.left++
  if (found.examples.length < mostExamples)
    found.examples.push(`${secretId}, version ${id}, under ${wrappedUnder}`)
}

async function rewrapOne(
  version: WrappedVersion,
  { secrets, wrapper, accountId, signal }: RewrapDeps,
): Promise<boolean> {
  const bound = { arn: secretArn(accountId, version.secretId), versionId: version.id }
  try {
    const dataKey = await wrapper.unwrap(version, bound)
    if (dataKey === undefined) return false
    const anew = await wrapper.wrap(dataKey, bound)
    // A service that wraps wrongly would take the secret with it: the old wrapping goes only when the new one opens.
    const again = await wrapper.unwrap(anew, bound)
    if (again === undefined || !again.equals(dataKey)) return false
    if (!signal.aborted) await secrets.rewrap(version, anew)
    return true
  } catch (error) {
    // One that the key service refuses must not stand in the way of all that come behind it.
    if (error instanceof KeyServiceError && error.kind === 'refused') return false
    throw error
  }
}
