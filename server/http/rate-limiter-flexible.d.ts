/** What a store of one's own extends. The package's root declares it, but does not export it at run time. */
declare module 'rate-limiter-flexible/lib/RateLimiterStoreAbstract.js' {
  import type { IRateLimiterOptions, RateLimiterAbstract, RateLimiterRes } from 'rate-limiter-flexible'

  // biome-ignore lint/style/noDefaultExport: it is what the package has
  export default abstract class RateLimiterStoreAbstract<Stored> extends RateLimiterAbstract {
    constructor(options: IRateLimiterOptions)
    protected abstract _upsert(
      key: string,
      points: number,
      durationMs: number,
      forceExpire: boolean,
    ): Promise<Stored>
    protected abstract _get(key: string): Promise<Stored | null>
    protected abstract _delete(key: string): Promise<boolean>
    protected abstract _getRateLimiterRes(key: string, changedPoints: number, stored: Stored): RateLimiterRes
  }
}

declare module 'rate-limiter-flexible/lib/RateLimiterRes.js' {
  import { RateLimiterRes } from 'rate-limiter-flexible'
  // biome-ignore lint/style/noDefaultExport: it is what the package has
  export default RateLimiterRes
}
