import type { Anchor } from './pattern.ts'
import { hashOf, hashOfWord, powerOf, spread } from './text-hashes.ts'

/**
 * What texts are told apart by: whole words, of which a text has few; and where that does not do, windows of so many
 * characters, the wider ones where a pattern has as much text in one piece.
 */
export const clueKinds = [
  { of: 'words' },
  { of: 'windows', width: 6, power: powerOf(6) },
  { of: 'windows', width: 3, power: powerOf(3) },
] as const
export type Windows = Extract<(typeof clueKinds)[number], { of: 'windows' }>

export type Clue = { kind: number; run: number; at: number; width: number; hash: number }

/** More entries than this under one clue are told apart by another one of their clues. */
export const crowded = 8
/** A clue that no more of the entries have than this sifts well. */
const sifts = 1 / 32

/**
 * For each anchor the clue that the fewest others have: of the first kind that it has, unless very many have that
 * and one of a later kind is rarer. Undefined where there is none, or none is needed. Each kind that is in use is
 * looked for in every text: where a clue sifts well enough, a table below it does the rest.
 */
export function chooseClues(anchors: readonly Anchor[]): (Clue | undefined)[] {
  const chosen: (Choice | undefined)[] = anchors.map(() => undefined)
  const countOf = (n: number) => chosen[n]?.count ?? Number.POSITIVE_INFINITY
  const fewEnough = Math.max(crowded, anchors.length * sifts)
  for (let kind = 0; kind < clueKinds.length; kind++) {
    const open = anchors.map((anchor, n) => (countOf(n) <= fewEnough ? [] : cluesOf(anchor, kind)))
    for (const [n, choice] of rarest(open).entries()) {
      if (choice !== undefined && choice.count < countOf(n)) chosen[n] = choice
    }
  }
  return chosen.map(choice => choice?.clue)
}

type Choice = { clue: Clue; count: number }

/** Counted roughly: clues that share a place only look less rare than they are. */
function rarest(clues: readonly (readonly Clue[])[]): (Choice | undefined)[] {
  const total = clues.reduce((sum, some) => sum + some.length, 0)
  const counts = new Uint16Array(2 ** Math.ceil(Math.log2(Math.max(64, total * 2))))
  const placeOf = ({ hash }: Clue) => spread(hash) & (counts.length - 1)
  const countOf = (clue: Clue) => counts[placeOf(clue)] ?? 0
  for (const some of clues) {
    for (const clue of some) counts[placeOf(clue)] = Math.min(65_535, countOf(clue) + 1)
  }
  return clues.map(some => {
    let best: Choice | undefined
    for (const clue of some) {
      const count = countOf(clue)
      if (best === undefined || count < best.count) best = { clue, count }
    }
    return best
  })
}

function cluesOf({ runs, prefix, suffix, exact }: Anchor, kind: number): Clue[] {
  if (exact) return []
  const { of, ...size } = clueKinds[kind] ?? clueKinds[0]
  return runs.flatMap((text, run) => {
    const begins = run === 0 && prefix !== ''
    const ends = run === runs.length - 1 && suffix !== ''
    if (of === 'words') return wholeWords(text, begins, ends).map(word => ({ ...word, kind, run }))
    const width = 'width' in size ? size.width : 0
    const windows: Clue[] = []
    for (let at = 0; at + width <= text.length; at++) {
      windows.push({ kind, run, at, width, hash: hashOf(text.slice(at, at + width)) })
    }
    return windows
  })
}

/** A word at the edge of a run goes on behind it, unless the text itself begins or ends there. */
function wholeWords(text: string, begins: boolean, ends: boolean): Pick<Clue, 'at' | 'width' | 'hash'>[] {
  return Array.from(text.matchAll(/[0-9A-Za-z]+/g), ({ 0: word, index: at }) => ({
    at,
    width: word.length,
    word,
  }))
    .filter(({ at, width }) => (begins || at > 0) && (ends || at + width < text.length))
    .map(({ at, width, word }) => ({ at, width, hash: hashOfWord(word) }))
}

/** What is left to tell by, once a clue is used. */
export function without(anchor: Anchor, { run, at, width }: Clue): Anchor {
  const { runs } = anchor
  const used = runs[run] ?? ''
  return {
    ...anchor,
    runs: [...runs.slice(0, run), used.slice(0, at), used.slice(at + width), ...runs.slice(run + 1)],
  }
}
