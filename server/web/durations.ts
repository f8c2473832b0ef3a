export type OfferedDuration = { seconds: number; label: string; chosen: boolean }

const steps = [900, 1800, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 12 * 3600]
const usualSeconds = 3600

/**
 * The lifetimes to choose from for a role, whose own maximum is always among them. An hour is chosen, or what the
 * provider asks for: then that is the longest.
 */
export function durationsUpTo(roleSeconds: number, askedSeconds?: number): OfferedDuration[] {
  const maxSeconds = Math.min(roleSeconds, askedSeconds ?? roleSeconds)
  const chosen = askedSeconds === undefined ? usualSeconds : maxSeconds
  const offered = [...new Set([...steps.filter(step => step < maxSeconds), maxSeconds])]
  return offered.map(seconds => ({ seconds, label: inWords(seconds), chosen: seconds === chosen }))
}

/** `4500` is "1 hour 15 minutes". */
export function inWords(seconds: number): string {
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.round((seconds % 3600) / 60)
  const parts = [hours > 0 ? count(hours, 'hour') : '', minutes > 0 ? count(minutes, 'minute') : '']
  return parts.filter(Boolean).join(' ') || 'less than a minute'
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}
