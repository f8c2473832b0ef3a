/**
 * What an answer may still spend, in steps. Questions are bounded by counting and not by the clock, so that
 * the same question has the same answer on every machine.
 */
export type Effort = { left: number }

/** False once it is all spent. */
export function spend(effort: Effort, steps: number): boolean {
  effort.left -= steps
  return effort.left >= 0
}
