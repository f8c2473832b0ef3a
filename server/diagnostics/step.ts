/** One thing that was looked at, and what was found. */
export type Step =
  | { check: string; outcome: 'ok' | 'skipped'; says: string }
  /** A warning does not keep anybody out today. */
  | { check: string; outcome: 'warning' | 'problem'; says: string; change: string }

export function ok(check: string, says: string): Step {
  return { check, outcome: 'ok', says }
}

/** Not looked at, or nothing that can be told reliably. */
export function skipped(check: string, says: string): Step {
  return { check, outcome: 'skipped', says }
}

export function warning(check: string, says: string, change: string): Step {
  return { check, outcome: 'warning', says, change }
}

export function problem(check: string, says: string, change: string): Step {
  return { check, outcome: 'problem', says, change }
}

export function inDays(ms: number): string {
  const days = Math.floor(Math.abs(ms) / 86_400_000)
  return days === 1 ? '1 day' : `${days} days`
}
