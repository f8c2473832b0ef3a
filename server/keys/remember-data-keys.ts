import type { KeyObject } from 'node:crypto'
import type { Bound, KeyWrapper, WrappedKey } from './envelope.ts'

export type Memory = {
  lifeMs: number
  most: number
  now(): number
}

type Kept = { dataKey: KeyObject; untilMs: number; timer: NodeJS.Timeout }

/**
 * Keeps what a key service unwrapped for a short while, so that not each read of a value waits for it. A life is counted
 * from the answer and is not prolonged by use: whom the service no longer lets unwrap is shut out when it is over.
 *
 * What was just wrapped is not kept: whoever unwraps it to see whether it can be is told by the service, not by us.
 */
export function rememberDataKeys(wrapper: KeyWrapper, memory: Memory): KeyWrapper {
  const { lifeMs, most, now } = memory
  // In the order of their last use.
  const kept = new Map<string, Kept>()
  const asked = new Map<string, Promise<KeyObject | undefined>>()

  function drop(key: string): void {
    const entry = kept.get(key)
    if (entry === undefined) return
    clearTimeout(entry.timer)
    kept.delete(key)
  }

  function keep(key: string, dataKey: KeyObject): void {
    drop(key)
    if (lifeMs === 0) return
    const oldest = kept.size >= most ? kept.keys().next().value : undefined
    if (oldest !== undefined) drop(oldest)
    // It leaves memory in time, also when nobody asks again.
    const timer = setTimeout(() => drop(key), lifeMs).unref()
    kept.set(key, { dataKey, untilMs: now() + lifeMs, timer })
  }

  function find(key: string): KeyObject | undefined {
    const entry = kept.get(key)
    if (entry === undefined) return undefined
    if (entry.untilMs <= now()) {
      drop(key)
      return undefined
    }
    kept.delete(key)
    kept.set(key, entry)
    return entry.dataKey
  }

  async function ask(key: string, wrapped: WrappedKey, bound: Bound): Promise<KeyObject | undefined> {
    const dataKey = await wrapper.unwrap(wrapped, bound)
    if (dataKey !== undefined) keep(key, dataKey)
    return dataKey
  }

  return {
    under: () => wrapper.under(),
    wrap: (dataKey, bound) => wrapper.wrap(dataKey, bound),
    async unwrap(wrapped, bound) {
      // With all that is bound, or a row could be read in another's place while its own key is remembered.
      const key = `${bound.arn}\n${bound.versionId}\n${nameOf(wrapped)}`
      const known = find(key)
      if (known !== undefined) return known
      const asking = asked.get(key) ?? ask(key, wrapped, bound).finally(() => asked.delete(key))
      asked.set(key, asking)
      return asking
    },
    forget(wrapped) {
      for (const key of kept.keys()) if (key.endsWith(`\n${nameOf(wrapped)}`)) drop(key)
    },
  }
}

function nameOf({ wrappedKey, wrappedUnder }: WrappedKey): string {
  return `${wrappedUnder}\n${wrappedKey.toString('base64')}`
}
