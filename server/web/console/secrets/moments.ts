/** A time as the pages show it. */
export type Moment = { iso: string; text: string }

const minuteFormat = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
})
const dayFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeZone: 'UTC' })

/** @param seconds since the epoch, as the wire has times */
export function momentOf(seconds: string | undefined): Moment | undefined {
  const date = dateOf(seconds)
  return date && { iso: date.toISOString(), text: `${minuteFormat.format(date)} UTC` }
}

/** Of what is known by the day alone. */
export function dayOf(seconds: string | undefined): Moment | undefined {
  const date = dateOf(seconds)
  return date && { iso: date.toISOString().slice(0, 10), text: dayFormat.format(date) }
}

function dateOf(seconds: string | undefined): Date | undefined {
  const date = new Date(Number(seconds) * 1000)
  return seconds === undefined || Number.isNaN(date.getTime()) ? undefined : date
}
