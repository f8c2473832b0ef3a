import { readTime } from '../../operators/date.ts'
import { between } from './number-values.ts'

/** Texts for a time at each bound, between all neighbours, and beyond both ends; and one for no time. */
export function dateValues(bounds: readonly string[]): string[] {
  const times = bounds.flatMap(text => readTime(text) ?? [])
  const near = times.flatMap(time => [time, time + 1000, time - 1000])
  return [...[...near, ...between(times)].map(textOfTime), first, last, 'never']
}

/** The earliest and the latest that conditions can read. */
const first = '0000-01-01T00:00:00+23:59'
const last = '999999999999.999999999'

/** Parts of a millisecond, and years of five digits, can only be written in seconds since the epoch. */
function textOfTime(ms: number): string {
  const date = new Date(ms)
  const iso = Number.isInteger(ms) && !Number.isNaN(date.getTime()) ? date.toISOString() : ''
  return /^\d{4}-/.test(iso) ? iso.replace('.000Z', 'Z') : (ms / 1000).toFixed(9)
}
