import { createHash } from 'node:crypto'
import { type Rules, readSchedule, type Schedule } from './schedule.ts'

/** From when to when a rotation may be begun. */
export type Window = { opensAtMs: number; closesAtMs: number }

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/**
 * The window of the next rotation: the first after the last rotation that is not over yet. Windows of days begin at
 * midnight, those of hours at every so many hours since a midnight. Undefined when a cron expression has no more days.
 */
export function nextWindow(schedule: Schedule, lastMs: number, nowMs: number): Window | undefined {
  const lengthMs = schedule.windowHours * hourMs
  const opensAtMs = opening(schedule, lastMs, nowMs - lengthMs)
  return opensAtMs === undefined ? undefined : { opensAtMs, closesAtMs: opensAtMs + lengthMs }
}

/** The first that is after both; a cron expression's is also after now, or one rotation would follow the other. */
function opening(schedule: Schedule, lastMs: number, afterMs: number): number | undefined {
  if (schedule.every === 'cron') return schedule.times.next(Math.max(lastMs, afterMs))
  const stepMs = schedule.count * (schedule.every === 'days' ? dayMs : hourMs)
  const anchorMs = schedule.every === 'days' ? dayMs : stepMs
  const first = Math.floor(lastMs / anchorMs) * anchorMs + stepMs
  return first + Math.max(0, Math.floor((afterMs - first) / stepMs) + 1) * stepMs
}

/**
 * When within its window a secret is rotated: always at the same part of it, by its id, so that of a thousand secrets
 * with one rule each has a time of its own. Of a window that is open already, within what is left of it.
 */
export function momentIn({ opensAtMs, closesAtMs }: Window, secretId: string, nowMs: number): number {
  const fromMs = Math.max(opensAtMs, nowMs + 1)
  return fromMs + Math.floor(shareOf(secretId) * Math.max(0, closesAtMs - fromMs))
}

/** From 0 up to 1, spread evenly over ids. */
export function shareOf(secretId: string): number {
  return createHash('sha256').update(secretId).digest().readUInt32BE(0) / 2 ** 32
}

export type Appointment = { dueAtMs: number; nextByMs: number; days: number }

/** When a secret is rotated next, by rules that were checked when they were set; undefined without a schedule. */
export function nextAppointment(
  rules: Rules,
  secretId: string,
  lastMs: number,
  nowMs: number,
): Appointment | undefined {
  const schedule = readSchedule(rules)
  const window = schedule && nextWindow(schedule, lastMs, nowMs)
  if (window === undefined) return undefined
  return {
    dueAtMs: momentIn(window, secretId, nowMs),
    nextByMs: window.closesAtMs,
    days: Math.max(1, Math.ceil((window.opensAtMs - nowMs) / dayMs)),
  }
}
