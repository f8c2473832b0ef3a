/**
 * Where characters stand, counted from 1, as editors count: a line ends with `\n`, `\r\n` or `\r`, and a
 * column is a UTF-16 unit.
 */
export function lineFinder(text: string): (at: number) => { line: number; column: number } {
  const starts = [0]
  for (const { index, 0: end } of text.matchAll(/\r\n|\n|\r/g)) starts.push(index + end.length)
  return at => {
    let [low, high] = [0, starts.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((starts[middle] ?? 0) <= at) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: at - (starts[low] ?? 0) + 1 }
  }
}
