const longestWord = 64

/**
 * The candidate that a word was most likely meant to be: as long as few letters are wrong, missing, too many
 * or swapped. The case of letters does not count. Undefined when none is near.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > longestWord) return undefined
  const written = word.toLowerCase()
  let best: string | undefined
  let least = mostMistakes(written) + 1
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - written.length) >= least) continue
    const mistakes = distance(written, candidate.toLowerCase(), least - 1)
    if (mistakes < least) [best, least] = [candidate, mistakes]
  }
  return best
}

/** ` Did you mean X?`, or nothing. */
export function didYouMean(name: string | undefined): string {
  return name === undefined ? '' : ` Did you mean ${name}?`
}

/** A short word is near too many others. */
function mostMistakes(word: string): number {
  if (word.length < 4) return 1
  return word.length < 12 ? 2 : 3
}

const rowLength = 2 * longestWord
/** Filled anew for each comparison: a document of many words would otherwise make garbage of millions of rows. */
let [before, last, row] = [0, 1, 2].map(() => new Uint8Array(rowLength)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
]

/** Edits and swaps of neighbours ("optimal string alignment"); anything above `most` where there are more. */
function distance(a: string, b: string, most: number): number {
  for (let j = 0; j <= b.length; j++) last[j] = j
  for (let i = 1; i <= a.length; i++) {
    row[0] = i
    let fewest = i
    for (let j = 1; j <= b.length; j++) {
      const isSame = a.charCodeAt(i - 1) === b.charCodeAt(j - 1)
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (isSame ? 0 : 1))
      const isSwap =
        i > 1 &&
        j > 1 &&
        a.charCodeAt(i - 1) === b.charCodeAt(j - 2) &&
        a.charCodeAt(i - 2) === b.charCodeAt(j - 1)
      if (isSwap) least = Math.min(least, (before[j - 2] ?? 0) + 1)
      row[j] = least
      fewest = Math.min(fewest, least)
    }
    if (fewest > most) return fewest
    ;[before, last, row] = [last, row, before]
  }
  return last[b.length] ?? 0
}
