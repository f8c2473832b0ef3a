import type { IncomingHttpHeaders } from 'node:http'
import { ok, problem, type Step, skipped, warning } from './step.ts'

/** An answer, and when it came by our clock. */
export type Timed = { headers: IncomingHttpHeaders; atMs: number }

const check = 'Clock'
const noticedSeconds = 60
/** What tokens may be off by. */
const toleratedSeconds = 300

/** Compares their clock with ours, by the Date of an answer. @see RFC 9110, section 6.6.1; RFC 9111, section 5.1 (Age) */
export function clockStep(answer: Timed | undefined): Step {
  const dateMs = Date.parse(answer?.headers.date ?? '')
  if (answer === undefined || Number.isNaN(dateMs)) return skipped(check, 'No answer of theirs has a date.')
  // A cache on the way answers with the date of when it asked itself.
  const age = Number(answer.headers.age ?? 0)
  return compareClocks(dateMs + (Number.isFinite(age) ? age * 1000 : 0), answer.atMs)
}

export function compareClocks(theirsMs: number, oursMs: number): Step {
  const seconds = Math.round((theirsMs - oursMs) / 1000)
  const off = Math.abs(seconds)
  if (off <= noticedSeconds) return ok(check, `Theirs and ours are ${off} s apart.`)
  const says = `Theirs is ${off} s ${seconds > 0 ? 'ahead of' : 'behind'} ours.`
  const change = 'Have both clocks set by NTP; compare each with a third to see which one is wrong.'
  return off < toleratedSeconds
    ? warning(check, `${says} Proofs are taken up to ${toleratedSeconds} s.`, change)
    : problem(check, `${says} Proofs that are off by ${toleratedSeconds} s are refused.`, change)
}
