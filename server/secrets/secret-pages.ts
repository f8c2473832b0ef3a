import { setImmediate as othersTurn } from 'node:timers/promises'
import { readToken, writeToken } from '../aws/json-pages.ts'
import { Refusal } from '../base/refusal.ts'
import { createTurns } from '../base/turns.ts'
import type { ListedSecret, Place, Secrets } from '../store/secrets.ts'

export const sortKeys = ['created-date', 'last-accessed-date', 'last-changed-date', 'name'] as const

type Wanted = {
  /** Which list it is: a token of another is none of this one's. */
  list: 'secrets' | 'values'
  sortBy: (typeof sortKeys)[number]
  order: 'asc' | 'desc'
  isShown(secret: ListedSecret): boolean
  most: number
  token: string | undefined
}
type Page = { items: ListedSecret[]; next: string | undefined }
type From = { secrets: Pick<Secrets, 'list'> }

const readAtOnce = 200
/** Of those that the filters leave out, in one request: then a token says where to look on. */
const mostLookedAt = 10_000

/** @throws {Refusal} secret.nextToken */
export function pageOfSecrets(wanted: Wanted, from: From): Promise<Page> {
  return wanted.sortBy === 'created-date' || wanted.sortBy === 'name'
    ? pageInOrder(wanted, from)
    : pageOfBest(wanted, from)
}

/** In an order in which they lie: read until the page is full. */
async function pageInOrder(wanted: Wanted, { secrets }: From): Promise<Page> {
  const { isShown, most, sortBy, order } = wanted
  const by = sortBy === 'name' ? 'name' : 'creation'
  const items: ListedSecret[] = []
  let after: Place | undefined = placeOf(readMark(wanted))
  let atOnce = most + 1
  // Long texts and many filters make one secret take its time.
  const turns = createTurns()
  for (let lookedAt = 0; ; ) {
    const read = await secrets.list({ by, after, most: atOnce, backwards: order === 'desc' })
    for (const secret of read) {
      await turns.pass()
      if (!isShown(secret)) continue
      if (items.length === most) return { items, next: writeMark(items.at(-1), wanted) }
      items.push(secret)
    }
    after = read.at(-1)
    lookedAt += read.length
    if (read.length < atOnce) return { items, next: undefined }
    if (lookedAt >= mostLookedAt) return { items, next: writeMark(read.at(-1), wanted) }
    atOnce = readAtOnce
    // The embedded store answers at once: without a pause nobody else would be served meanwhile.
    await othersTurn()
  }
}

/** By a date that changes all the time, all must be looked at; the best of the page are kept, and no more. */
async function pageOfBest(wanted: Wanted, { secrets }: From): Promise<Page> {
  const { isShown, most, order } = wanted
  const start = readMark(wanted)
  const sign = order === 'asc' ? 1 : -1
  const compare = (one: ListedSecret, mark: Mark) => sign * compareMarks(markOf(one, wanted), mark)
  let best: ListedSecret[] = []
  const turns = createTurns()
  for (let after: Place | undefined; ; ) {
    const read = await secrets.list({ after, most: readAtOnce })
    const further: ListedSecret[] = []
    for (const one of read) {
      await turns.pass()
      if (isShown(one) && (start === undefined || compare(one, start) > 0)) further.push(one)
    }
    best = [...best, ...further].sort((a, b) => compare(a, markOf(b, wanted))).slice(0, most + 1)
    after = read.at(-1)
    if (read.length < readAtOnce) break
    await othersTurn()
  }
  const items = best.slice(0, most)
  return { items, next: best.length > most ? writeMark(items.at(-1), wanted) : undefined }
}

/** Where a page ended: what the list is sorted by, and which of those that are alike in that. */
type Mark = readonly [key: number | string, id: string]

const keyOf = {
  'created-date': (secret: ListedSecret) => secret.createdAtMs,
  'last-accessed-date': (secret: ListedSecret) => secret.accessedOnMs ?? 0,
  'last-changed-date': (secret: ListedSecret) => secret.changedAtMs,
  name: (secret: ListedSecret) => secret.name,
} satisfies Record<Wanted['sortBy'], (secret: ListedSecret) => number | string>

function markOf(secret: ListedSecret, { sortBy }: Wanted): Mark {
  return [keyOf[sortBy](secret), secret.id]
}

function compareMarks([key, id]: Mark, [otherKey, otherId]: Mark): number {
  if (key !== otherKey) return key < otherKey ? -1 : 1
  return id < otherId ? -1 : id > otherId ? 1 : 0
}

function placeOf(mark: Mark | undefined): Place | undefined {
  if (mark === undefined) return undefined
  const [key, id] = mark
  return typeof key === 'number' ? { createdAtMs: key, id, name: '' } : { createdAtMs: 0, id, name: key }
}

function writeMark(last: ListedSecret | undefined, wanted: Wanted): string | undefined {
  return last && writeToken(JSON.stringify([listOf(wanted), ...markOf(last, wanted)]))
}

/** A token may be anybody's making: what it holds goes into a query. */
function readMark(wanted: Wanted): Mark | undefined {
  if (wanted.token === undefined) return undefined
  const [list, key, id, ...more] = readArray(wanted.token)
  const isKey = wanted.sortBy === 'name' ? isName(key) : Number.isSafeInteger(key)
  if (list !== listOf(wanted) || !isKey || !isName(id) || more.length > 0)
    throw new Refusal('secret.nextToken')
  return [key as Mark[0], id]
}

function listOf({ list, sortBy, order }: Wanted): string {
  return `${list} ${sortBy} ${order}`
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9/_+=.@!-]{1,600}$/.test(value)
}

export function readArray(token: string): unknown[] {
  try {
    const read: unknown = JSON.parse(readToken(token))
    if (Array.isArray(read)) return read
  } catch {}
  throw new Refusal('secret.nextToken')
}
