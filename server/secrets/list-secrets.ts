import { defineAction } from '../aws/action.ts'
import { readToken, writeToken } from '../aws/json-pages.ts'
import { flag, integer, oneOf, optional, params } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import type { Place, Secret } from '../store/secrets.ts'
import type { SecretsDeps } from './deps.ts'
import { wireSecret } from './describe-secret.ts'
import { matches, requireFilters } from './filters.ts'
import { anywhere } from './find-secret.ts'
import * as given from './parameters.ts'
import { byVersion } from './stages.ts'

const sortKeys = {
  'created-date': (secret: Secret) => secret.createdAtMs,
  'last-accessed-date': (secret: Secret) => secret.accessedOnMs ?? 0,
  'last-changed-date': (secret: Secret) => secret.changedAtMs,
  name: (secret: Secret) => secret.name,
} as const

/**
 * @throws {Refusal} request.invalid | entity.invalid for a token of another list
 * @see AWS Secrets Manager API reference, ListSecrets
 */
export const listSecrets = defineAction({
  name: 'ListSecrets',
  auth: 'signed',
  input: params({
    IncludePlannedDeletion: optional(flag(), false),
    MaxResults: optional(integer({ min: 1, max: 100 }), 100),
    NextToken: given.nextToken,
    Filters: optional(given.filters, []),
    SortOrder: optional(oneOf('asc', 'desc'), 'desc'),
    SortBy: optional(
      oneOf('created-date', 'last-accessed-date', 'last-changed-date', 'name'),
      'created-date',
    ),
  }),
  permission: () => anywhere('ListSecrets'),
  async handle(asked, deps: SecretsDeps) {
    const filters = requireFilters(asked.Filters)
    const isShown = (secret: Secret) =>
      (asked.IncludePlannedDeletion || secret.deletedAtMs === undefined) && matches(secret, filters)
    const { SortBy: sortBy, SortOrder: order, MaxResults: most, NextToken: token } = asked
    const page =
      sortBy === 'created-date'
        ? await pageByCreation({ isShown, most, newestFirst: order === 'desc', token }, deps)
        : await pageBySort({ isShown, most, sortBy, order, token }, deps)
    return {
      SecretList: page.items.map(secret => ({
        ...wireSecret(secret, deps),
        SecretVersionsToStages: byVersion(secret.stages),
      })),
      NextToken: page.next,
    }
  },
})

type Page = { items: Secret[]; next: string | undefined }
type Wanted = { isShown(secret: Secret): boolean; most: number; token: string | undefined }

const readAtOnce = 500

/** In the order in which they lie: read until the page is full. */
export async function pageByCreation(
  { isShown, most, newestFirst, token }: Wanted & { newestFirst: boolean },
  { secrets }: Pick<SecretsDeps, 'secrets'>,
): Promise<Page> {
  const items: Secret[] = []
  let after = token === undefined ? undefined : readPlace(token)
  for (;;) {
    const read = await secrets.list({ after, most: readAtOnce, newestFirst })
    for (const secret of read) {
      if (!isShown(secret)) continue
      const last = items.at(-1)
      if (items.length === most && last !== undefined) return { items, next: writePlace(last) }
      items.push(secret)
    }
    after = read.at(-1)
    if (read.length < readAtOnce) return { items, next: undefined }
  }
}

/** In any other order all must be looked at; the best of the page are kept, and no more. */
async function pageBySort(
  wanted: Wanted & { sortBy: keyof typeof sortKeys; order: 'asc' | 'desc' },
  { secrets }: Pick<SecretsDeps, 'secrets'>,
): Promise<Page> {
  const { isShown, most, sortBy, order, token } = wanted
  const keyOf = (secret: Secret) => [sortKeys[sortBy](secret), secret.id] as const
  const sign = order === 'asc' ? 1 : -1
  const compare = (a: readonly [string | number, string], b: readonly [string | number, string]) =>
    sign * (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0)
  const from = token === undefined ? undefined : readSortPlace(token)
  let best: Secret[] = []
  for (let after: Place | undefined; ; ) {
    const read = await secrets.list({ after, most: readAtOnce })
    const further = read.filter(
      secret => isShown(secret) && (from === undefined || compare(keyOf(secret), from) > 0),
    )
    best = [...best, ...further].sort((a, b) => compare(keyOf(a), keyOf(b))).slice(0, most + 1)
    after = read.at(-1)
    if (read.length < readAtOnce) break
  }
  const items = best.slice(0, most)
  const last = items.at(-1)
  const next = best.length > most && last !== undefined ? writeToken(JSON.stringify(keyOf(last))) : undefined
  return { items, next }
}

function writePlace({ createdAtMs, id }: Place): string {
  return writeToken(JSON.stringify([createdAtMs, id]))
}

function readPlace(token: string): Place {
  const [createdAtMs, id] = readSortPlace(token)
  if (typeof createdAtMs !== 'number') throw strange()
  return { createdAtMs, id }
}

function readSortPlace(token: string): readonly [string | number, string] {
  try {
    const read: unknown = JSON.parse(readToken(token))
    if (Array.isArray(read) && read.length === 2) {
      const [key, id] = read
      if ((typeof key === 'number' || typeof key === 'string') && typeof id === 'string') return [key, id]
    }
  } catch {}
  throw strange()
}

function strange(): Refusal {
  return new Refusal('entity.invalid', { said: { message: 'Invalid NextToken.' } })
}
