import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'
import { type BoundedMap, createBoundedMap } from '../bounded-map.ts'

type Entry = { payload: AdapterPayload; expiresAtMs: number }

/**
 * What the OpenID provider remembers: in memory, at most `most` records of each kind, the oldest
 * forgotten first, so that opening the sign-in page a million times costs no more than a thousand.
 */
export function createBoundedAdapter(most = 1_000): AdapterFactory {
  const kinds = new Map<string, BoundedMap<Entry>>()
  return name => {
    const entries = kinds.get(name) ?? createBoundedMap<Entry>(most)
    kinds.set(name, entries)
    return adapterOver(entries)
  }
}

function adapterOver(entries: BoundedMap<Entry>): Adapter {
  const live = (entry: Entry | undefined) =>
    entry !== undefined && entry.expiresAtMs > Date.now() ? entry.payload : undefined
  const findBy = (matches: (payload: AdapterPayload) => boolean) => {
    for (const entry of entries.values()) if (matches(entry.payload)) return live(entry)
    return undefined
  }

  return {
    async upsert(id, payload, expiresIn) {
      const expiresAtMs = expiresIn === undefined ? Number.POSITIVE_INFINITY : Date.now() + expiresIn * 1000
      entries.set(id, { payload, expiresAtMs })
    },
    find: async id => live(entries.get(id)),
    findByUid: async uid => findBy(payload => payload.uid === uid),
    findByUserCode: async userCode => findBy(payload => payload.userCode === userCode),
    async consume(id) {
      const entry = entries.get(id)
      if (entry) entry.payload.consumed = Math.floor(Date.now() / 1000)
    },
    destroy: async id => entries.delete(id),
    async revokeByGrantId(grantId) {
      for (const { payload } of entries.values()) {
        if (payload.grantId === grantId && payload.jti !== undefined) entries.delete(payload.jti)
      }
    },
  }
}
