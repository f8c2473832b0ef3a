import type { Anchor } from './pattern.ts'
import { hashOf, powerOf, type TextHashes } from './text-hashes.ts'

/** Fewer entries than this are looked through faster than they are looked up. */
const fewest = 4
/** More entries than this under one window are told apart by another one of their windows. */
const crowded = 8
const deepest = 4

/** Windows are of these widths: the wider where a pattern has as much text in one piece. */
const widths = [
  { width: 6, power: powerOf(6) },
  { width: 3, power: powerOf(3) },
] as const

type Filed<Entry> = { anchor: Anchor; entry: Entry }
type Window = { run: number; at: number; width: number; hash: number }

/**
 * One entry under a hash. How its text begins and ends is looked at here, before the entry itself, which is
 * most often not in the processor's cache.
 */
class Slot<Entry> {
  readonly entry: Entry
  readonly next: Slot<Entry> | undefined
  readonly #prefixLength: number
  readonly #prefixHash: number
  readonly #suffixLength: number
  readonly #suffixHash: number
  readonly #suffixPower: number

  constructor({ prefix, suffix }: Anchor, entry: Entry, next: Slot<Entry> | undefined) {
    this.entry = entry
    this.next = next
    this.#prefixLength = prefix.length
    this.#prefixHash = hashOf(prefix)
    this.#suffixLength = suffix.length
    this.#suffixHash = hashOf(suffix)
    this.#suffixPower = powerOf(suffix.length)
  }

  mayMatch(text: TextHashes): boolean {
    if (this.#prefixLength + this.#suffixLength > text.length) return false
    if (text.beginning(this.#prefixLength) !== this.#prefixHash) return false
    const from = text.length - this.#suffixLength
    return text.window(from, this.#suffixLength, this.#suffixPower) === this.#suffixHash
  }
}

/**
 * Finds the entries whose patterns could match a text. A pattern without wildcards is filed by its whole
 * text. Any other is filed by one window of the text in it, the one that the fewest others have: a text that
 * it matches has that window somewhere. So the time to look up follows the length of the text, and not the
 * number of entries. What is found may still not match; what is not found never does.
 */
export class AnchorTable<Entry> {
  readonly #anchorless: readonly Entry[]
  readonly #slots = new Map<number, Slot<Entry> | AnchorTable<Entry>>()
  #hasExact = false
  /** Which of the widths are in use. */
  readonly #used: boolean[] = widths.map(() => false)
  /** A bit for each hash that is there: most look-ups end here, without leaving the processor's cache. */
  readonly #bits: Int32Array
  readonly #mask: number

  constructor(entries: readonly Filed<Entry>[], depth = 0) {
    const bits = 2 ** Math.ceil(Math.log2(Math.max(32, entries.length * 16)))
    this.#bits = new Int32Array(bits / 32)
    this.#mask = bits - 1
    const isSmall = entries.length < fewest || depth === deepest
    const anchorless = isSmall ? entries : this.#file(entries, depth)
    this.#anchorless = [...new Set(anchorless.map(({ entry }) => entry))]
  }

  /** Puts what may match into `found` from `at` on; answers where it ends. An entry may be there twice. */
  lookUp(text: TextHashes, found: Entry[], at: number): number {
    let end = at
    for (const entry of this.#anchorless) found[end++] = entry
    if (this.#slots.size === 0) return end
    const whole = text.whole()
    if (this.#hasExact && this.#mayHave(whole)) end = this.#take(whole, text, found, end)
    for (let n = 0; n < widths.length; n++) {
      const size = widths[n]
      if (size === undefined || this.#used[n] !== true) continue
      for (let from = text.length - size.width; from >= 0; from--) {
        const hash = text.window(from, size.width, size.power)
        if (this.#mayHave(hash)) end = this.#take(hash, text, found, end)
      }
    }
    return end
  }

  #take(hash: number, text: TextHashes, found: Entry[], at: number): number {
    let filed = this.#slots.get(hash)
    if (filed instanceof AnchorTable) return filed.lookUp(text, found, at)
    let end = at
    for (; filed !== undefined; filed = filed.next) if (filed.mayMatch(text)) found[end++] = filed.entry
    return end
  }

  /** Answers what can't be filed. */
  #file(entries: readonly Filed<Entry>[], depth: number): Filed<Entry>[] {
    const windows = entries.map(({ anchor }) => (anchor.exact ? [] : windowsOf(anchor)))
    const counts = new Counts(windows)
    const files = new Map<number, Filed<Entry>[]>()
    const rest: Filed<Entry>[] = []
    for (const [n, filed] of entries.entries()) {
      const { anchor, entry } = filed
      const rarest = counts.rarest(windows[n] ?? [])
      if (anchor.exact) add(files, hashOf(anchor.prefix), filed)
      else if (rarest === undefined) rest.push(filed)
      else {
        add(files, rarest.hash, { anchor: without(anchor, rarest), entry })
        this.#used[widths.findIndex(({ width }) => width === rarest.width)] = true
      }
      this.#hasExact ||= anchor.exact
    }
    for (const [hash, filed] of files) {
      this.#mark(hash)
      const isCrowded = filed.length > crowded && !filed.every(({ anchor }) => anchor.exact)
      this.#slots.set(hash, isCrowded ? new AnchorTable(filed, depth + 1) : chain(filed))
    }
    return rest
  }

  #mark(hash: number): void {
    const bit = spread(hash) & this.#mask
    this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] ?? 0) | (1 << (bit & 31))
  }

  #mayHave(hash: number): boolean {
    const bit = spread(hash) & this.#mask
    return ((this.#bits[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0
  }
}

/** How often each window occurs, roughly: windows that share a place only look less rare than they are. */
class Counts {
  readonly #counts: Uint16Array
  readonly #mask: number

  constructor(windows: readonly (readonly Window[])[]) {
    const total = windows.reduce((sum, some) => sum + some.length, 0)
    this.#counts = new Uint16Array(2 ** Math.ceil(Math.log2(Math.max(64, total * 2))))
    this.#mask = this.#counts.length - 1
    for (const some of windows) {
      for (const { hash } of some) {
        const place = spread(hash) & this.#mask
        this.#counts[place] = Math.min(65_535, this.#of(hash) + 1)
      }
    }
  }

  rarest(windows: readonly Window[]): Window | undefined {
    let rarest = windows[0]
    for (const window of windows) {
      if (rarest !== undefined && this.#of(window.hash) < this.#of(rarest.hash)) rarest = window
    }
    return rarest
  }

  #of(hash: number): number {
    return this.#counts[spread(hash) & this.#mask] ?? 0
  }
}

/** Those of the wider kind, or of the narrower where there is none. */
function windowsOf({ runs }: Anchor): Window[] {
  for (const { width } of widths) {
    const windows: Window[] = []
    for (const [run, text] of runs.entries()) {
      for (let at = 0; at + width <= text.length; at++) {
        windows.push({ run, at, width, hash: hashOf(text.slice(at, at + width)) })
      }
    }
    if (windows.length > 0) return windows
  }
  return []
}

/** What is left to tell by, once a window is used. */
function without(anchor: Anchor, { run, at, width }: Window): Anchor {
  const { runs } = anchor
  const used = runs[run] ?? ''
  return {
    ...anchor,
    runs: [...runs.slice(0, run), used.slice(0, at), used.slice(at + width), ...runs.slice(run + 1)],
  }
}

function chain<Entry>(filed: readonly Filed<Entry>[]): Slot<Entry> {
  let slot: Slot<Entry> | undefined
  for (const { anchor, entry } of filed.toReversed()) slot = new Slot(anchor, entry, slot)
  if (slot === undefined) throw new TypeError('nothing is filed')
  return slot
}

function add<Value>(table: Map<number, Value[]>, hash: number, value: Value): void {
  const list = table.get(hash)
  if (list === undefined) table.set(hash, [value])
  else list.push(value)
}

function spread(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return half ^ (half >>> 13)
}
