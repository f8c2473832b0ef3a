import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Logger, pino } from 'pino'
import { openRolecall, type Rolecall } from './app.ts'
import { systemClock } from './base/clock.ts'
import { Refusal } from './base/refusal.ts'
import { type Config, ConfigError, listeningOn, readConfig } from './config.ts'
import type { DemoProviders } from './demo/start-demo-providers.ts'
import { createGracefulStop } from './http/graceful-stop.ts'
import { rootAccessKeyFile } from './keys/key-files.ts'

/** How long a stop waits for what is in flight. */
const graceMs = 10_000
/** How long it then waits for the disk. */
const flushMs = 5_000
/** A presigned URL carries a session token of up to 8 KiB, percent-encoded. */
const maxHeaderBytes = 32 * 1024

/** Each may hold a request that never ends; what comes beyond waits in the system's queue. */
const mostConnections = 4_096

// The databases and whatever else is made are for this user alone, also where the folder is opened later on.
process.umask(0o077)
await main()

async function main(): Promise<void> {
  const config = requireConfig()
  const log = pino({ level: config.logLevel, redact: ['*.secret', '*.appSecret', '*.clientSecret'] })
  try {
    await start(config, log)
  } catch (error) {
    log.debug({ err: error }, 'the start failed')
    process.stderr.write(`Rolecall can't start: ${sentenceFor(error, config)}\n`)
    process.exit(1)
  }
}

async function start(config: Config, log: Logger): Promise<void> {
  let handle: RequestListener = (_request, response) => response.writeHead(503).end('starting\n')
  const server = createServer(
    {
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      keepAliveTimeout: 65_000,
      maxHeaderSize: maxHeaderBytes,
    },
    (request, response) => handle(request, response),
  )
  server.maxConnections = mostConnections
  const stopServer = createGracefulStop(server, graceMs)
  const port = await listen(server, config)
  const settled = listeningOn(config, port)
  const demo = settled.demo ? await startDemo(settled, log) : undefined
  const rolecall = await openRolecall(settled, { log, standIns: demo?.providers })
  await demo?.prepare(rolecall)
  handle = rolecall.app

  stopOnSignals(log, async () => {
    await stopServer()
    await demo?.providers.close()
    await rolecall.close()
  })
  announce(settled, rolecall, demo?.providers)
}

/** What the operator can do something about, without a stack. ROLECALL_LOG_LEVEL=debug shows that as well. */
function sentenceFor(error: unknown, { host, port, dataDir }: Config): string {
  if (!(error instanceof Error)) return String(error)
  const { code = '', syscall, message, cause }: NodeJS.ErrnoException = error
  if (code === 'EADDRINUSE') return `port ${port} on ${host} is taken; PORT chooses another`
  if (syscall === 'listen' || syscall === 'getaddrinfo')
    return `HOST and PORT can't be listened on: ${message}`
  if (syscall !== undefined || code === 'ERR_SQLITE_ERROR') {
    return `the data folder ${dataDir} can't be used: ${message}`
  }
  if (cause instanceof Refusal && cause.reason === 'store.unavailable') {
    return `the database of DATABASE_URL can't be used: ${wordsOf(cause.cause)}`
  }
  return cause instanceof Error ? `${message}: ${cause.message}` : message
}

/** Of a name with several addresses each failure is one, and the whole has no words. */
function wordsOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.message === '') return cause.errors.map(wordsOf).join(', ')
  return cause instanceof Error ? cause.message : String(cause)
}

function requireConfig(): Config {
  try {
    return readConfig()
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(
      `Rolecall can't start with this configuration:\n${error.problems.map(line => `  ${line}\n`).join('')}`,
    )
    process.exit(2)
  }
}

function listen(server: Server, { port, host }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
  })
}

/**
 * The stand-ins, loaded only here and only now: a service that doesn't use them never has their code in
 * memory. They come up on the ports of last time where those are free, so that issuers stay the same.
 */
async function startDemo(config: Config, log: Logger) {
  const { startDemoProviders } = await import('./demo/start-demo-providers.ts')
  const { ensureExamples } = await import('./demo/examples.ts')
  const { readPorts, writePorts } = await import('./demo/ports.ts')
  const file = join(config.dataDir, 'demo-ports.json')
  const redirect = (provider: string) => ({
    redirectUris: [`${config.publicUrl}/sign-in/${provider}/callback`],
  })
  const providers = await startDemoProviders({
    production: config.production,
    ...readPorts(file),
    google: config.google === undefined ? redirect('google') : undefined,
    facebook: config.facebook === undefined ? redirect('facebook') : undefined,
    log,
  })
  return {
    providers,
    async prepare({ store, accountId }: Rolecall) {
      writePorts(file, { googlePort: providers.google?.port, facebookPort: providers.facebook?.port })
      await ensureExamples({ store, accountId, clock: systemClock, providers })
    },
  }
}

function announce(config: Config, { accountId }: Rolecall, demo: DemoProviders | undefined): void {
  const lines = [`Rolecall is ready: ${config.publicUrl}`, `  account         ${accountId}`]
  if (config.rootAccessKey === undefined) lines.push(`  root access key ${rootAccessKeyFile(config.dataDir)}`)
  if (config.accounts !== undefined && config.accounts.smtp === undefined)
    lines.push(`  mails           ${config.publicUrl}/outbox, since no SMTP_URL is set`)
  if (demo !== undefined) {
    lines.push(
      '',
      '  DEMO: stand-ins on this machine take the part of the providers that are not configured.',
    )
    lines.push(
      '  Anybody on this machine can sign in as anybody. Not for production; ROLECALL_DEMO=off ends it.',
    )
    if (demo.google) lines.push(`  in Google's part    ${demo.google.issuer}`)
    if (demo.facebook) lines.push(`  in Facebook's part  ${demo.facebook.graphUrl}`)
  }
  process.stdout.write(`${lines.join('\n')}\n`)
}

/** SIGTERM and SIGINT: what is in flight is finished, then the logs are flushed. A second signal changes nothing. */
function stopOnSignals(log: Logger, close: () => Promise<void>): void {
  let stopping = false
  const stop = async (signal: string) => {
    if (stopping) return
    stopping = true
    log.info({ signal }, 'stopping')
    // A disk that hangs must not hold up the end: whoever asked for it would kill us, and nobody would know why.
    setTimeout(() => {
      log.error('not everything could be flushed in time')
      process.exit(1)
    }, graceMs + flushMs)
    await close()
    process.exit(0)
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}
