import { type RewrapDeps, type Rewrapped, rewrapVersions } from './rewrap-versions.ts'

type Log = {
  info(context: object, message: string): void
  warn(context: object, message: string): void
}

type Options = Pick<RewrapDeps, 'secrets' | 'wrapper' | 'accountId' | 'batch' | 'pauseMs'> & {
  log: Log
  everyMs?: number
  retryMs?: number
  progressMs?: number
}

const patienceMs = 1_000

/**
 * Sees to it that all data keys come to be wrapped under the present key, and tells in the log how far that is. It looks
 * again from time to time: a node that was started before this one may still have wrapped under the key before, and an alias in
 * a key service may lead elsewhere by now.
 */
export function keepRewrapping(options: Options): { stop(): Promise<void> } {
  const { everyMs = 3_600_000, retryMs = 60_000 } = options
  const ending = new AbortController()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let isFirst = true

  function look(): void {
    running = lookOnce(options, ending.signal, isFirst).then(isWell => {
      isFirst = false
      if (ending.signal.aborted) return
      timer = setTimeout(look, isWell ? everyMs : retryMs)
      timer.unref()
    })
  }

  look()
  return {
    async stop() {
      ending.abort()
      clearTimeout(timer)
      // A key service that hangs must not hold up the end: whatever was not written by then is done by the next start.
      const enough = Promise.withResolvers<void>()
      const patience = setTimeout(enough.resolve, patienceMs)
      await Promise.race([running, enough.promise])
      clearTimeout(patience)
    },
  }
}

/** False when it should be tried again soon. */
async function lookOnce(options: Options, signal: AbortSignal, isFirst: boolean): Promise<boolean> {
  const { log, progressMs = 10_000 } = options
  let toldAtMs = 0
  try {
    const found = await rewrapVersions({
      ...options,
      signal,
      onProgress({ under, done, of }) {
        if (Date.now() - toldAtMs < progressMs) return
        toldAtMs = Date.now()
        log.info({ under, done, of }, 'data keys of secrets are being wrapped anew')
      },
    })
    if (!signal.aborted) tell(found, log, isFirst)
    return true
  } catch (error) {
    if (!signal.aborted)
      log.warn({ err: error }, 'data keys of secrets could not be wrapped anew; this is tried again')
    return false
  }
}

function tell({ under, inAll, done, of, left, examples }: Rewrapped, log: Log, isFirst: boolean): void {
  if (left > 0) {
    const message =
      'these versions of secrets can’t be wrapped anew: their key is not here, or they were tampered with'
    log.warn({ under, done, of, left, examples }, message)
  } else if (of > 0 || (isFirst && inAll > 0)) {
    log.info(
      { under, done, of },
      'all data keys of secrets are wrapped under the present key; no other is needed for them',
    )
  }
}
