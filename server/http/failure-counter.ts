import RateLimiterRes from 'rate-limiter-flexible/lib/RateLimiterRes.js'
import RateLimiterStoreAbstract from 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js'
import type { Clock } from '../base/clock.ts'

/** So many points a key within a window of time, which begins with the first. */
export type Budget = { points: number; seconds: number }

type Window = { points: number; untilMs: number }

/**
 * A limiter of rate-limiter-flexible over a table with a hard cap and a clock that is handed in: the library's own in
 * memory has neither, and a timer a key.
 *
 * All windows are as long as one another, so that the table is in the order in which they end. Those that have ended
 * leave as others come; over `mostKeys` the one goes that would be the next to end.
 */
export class FailureCounter extends RateLimiterStoreAbstract<Window> {
  readonly #windows = new Map<string, Window>()
  #inOrder = this.#windows.entries()
  #first: [string, Window] | undefined
  readonly #mostKeys: number
  readonly #clock: Clock

  constructor({ points, seconds, mostKeys }: Budget & { mostKeys: number }, clock: Clock) {
    super({ points, duration: seconds, keyPrefix: '' })
    this.#mostKeys = mostKeys
    this.#clock = clock
  }

  get size(): number {
    return this.#windows.size
  }

  protected async _upsert(
    key: string,
    points: number,
    durationMs: number,
    startsAnew: boolean,
  ): Promise<Window> {
    const nowMs = this.#clock()
    this.#dropEnded(nowMs)
    const open = startsAnew ? undefined : this.#find(key, nowMs)
    const window: Window = open ?? { points: 0, untilMs: nowMs + durationMs }
    window.points = Math.max(0, window.points + points)
    // What was given back altogether is not worth a place.
    if (window.points === 0) this.#windows.delete(key)
    else if (open === undefined) this.#add(key, window)
    // As it is now: whoever comes meanwhile must not be counted against this one.
    return { ...window }
  }

  protected async _get(key: string): Promise<Window | null> {
    return this.#find(key, this.#clock()) ?? null
  }

  protected async _delete(key: string): Promise<boolean> {
    return this.#windows.delete(key)
  }

  protected _getRateLimiterRes(_key: string, changed: number, { points, untilMs }: Window): RateLimiterRes {
    const waitMs = Math.max(0, untilMs - this.#clock())
    return new RateLimiterRes(Math.max(0, this.points - points), waitMs, points, points === changed)
  }

  #add(key: string, window: Window): void {
    this.#windows.delete(key)
    if (this.#windows.size >= this.#mostKeys) this.#dropNext()
    this.#windows.set(key, window)
  }

  #find(key: string, nowMs: number): Window | undefined {
    const window = this.#windows.get(key)
    return window === undefined || this.#isOver(window, nowMs) ? undefined : window
  }

  /** One that begins in the future is of before the clock was set back: nobody shall wait for that. */
  #isOver({ untilMs }: Window, nowMs: number): boolean {
    return untilMs <= nowMs || untilMs - this.msDuration > nowMs
  }

  #dropEnded(nowMs: number): void {
    for (let next = this.#next(); next !== undefined && this.#isOver(next[1], nowMs); next = this.#next())
      this.#windows.delete(next[0])
  }

  #dropNext(): void {
    const next = this.#next()
    if (next !== undefined) this.#windows.delete(next[0])
  }

  /**
   * The next one to end. By an iterator that is kept: each that begins anew walks over the places of all that were
   * deleted, which in a flood are as many as the table holds.
   */
  #next(): [string, Window] | undefined {
    const [key, window] = this.#first ?? []
    if (key !== undefined && this.#windows.get(key) === window) return this.#first
    let step = this.#inOrder.next()
    if (step.done) {
      this.#inOrder = this.#windows.entries()
      step = this.#inOrder.next()
    }
    this.#first = step.done ? undefined : step.value
    return this.#first
  }
}
