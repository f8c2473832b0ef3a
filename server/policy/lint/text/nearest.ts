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
    const mistakes = distance(written, candidate.toLowerCase())
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

/** Edits and swaps of neighbours ("optimal string alignment"). */
function distance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, n) => n)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let least = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        least = Math.min(least, (before[j - 2] ?? 0) + 1)
      }
      row.push(least)
    }
    before = last
    last = row
  }
  return last[b.length] ?? 0
}
