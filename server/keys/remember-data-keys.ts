import type { Bound, KeyWrapper, WrappedKey } from './envelope.ts'

export type Memory = {
  lifeMs: number
  most: number
  now(): number
}

type Kept = { dataKey: Buffer; untilMs: number; timer: NodeJS.Timeout }

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
  const asked = new Map<string, Promise<Buffer | undefined>>()

  function drop(key: string): void {
    const entry = kept.get(key)
    if (entry === undefined) return
    clearTimeout(entry.timer)
    entry.dataKey.fill(0)
    kept.delete(key)
  }

  function keep(key: string, dataKey: Buffer): void {
    drop(key)
    if (lifeMs === 0) return
    const oldest = kept.size >= most ? kept.keys().next().value : undefined
    if (oldest !== undefined) drop(oldest)
    // It leaves memory in time, also when nobody asks again.
    const timer = setTimeout(() => drop(key), lifeMs).unref()
    kept.set(key, { dataKey: Buffer.from(dataKey), untilMs: now() + lifeMs, timer })
  }

  function find(key: string): Buffer | undefined {
    const entry = kept.get(key)
    if (entry === undefined) return undefined
    if (entry.untilMs <= now()) {
      drop(key)
      return undefined
    }
    kept.delete(key)
    kept.set(key, entry)
    // A copy: ours is wiped when its time is over, whoever reads with it then.
    return Buffer.from(entry.dataKey)
  }

  async function ask(key: string, wrapped: WrappedKey, bound: Bound): Promise<Buffer | undefined> {
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
      const dataKey = await asking
      // To each their own: whoever wipes theirs must not wipe another's.
      return dataKey && Buffer.from(dataKey)
    },
    forget(wrapped) {
      for (const key of kept.keys()) if (key.endsWith(`\n${nameOf(wrapped)}`)) drop(key)
    },
  }
}

function nameOf({ wrappedKey, wrappedUnder }: WrappedKey): string {
  return `${wrappedUnder}\n${wrappedKey.toString('base64')}`
}
