import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after } from 'node:test'
import { pino } from 'pino'
import { openRolecall, type Rolecall } from '../../server/app.ts'
import { listeningOn, readConfig } from '../../server/config.ts'
import { ensureExamples } from '../../server/demo/examples.ts'
import { type DemoProviders, startDemoProviders } from '../../server/demo/start-demo-providers.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from './http-browser.ts'
import { temporaryFolder } from './temporary-folder.ts'

export type DemoRolecall = {
  /** The public URL. */
  url: string
  roleArn: string
  dataDir: string
  rolecall: Rolecall
  providers: DemoProviders
  /** All that was logged. */
  logged(): string
  /** Moves the service's clock; the stand-in for Google goes by the machine's. */
  advanceMs(ms: number): void
  /** Signs a new browser in and answers it with the page that it ends on. */
  signIn(provider: 'google' | 'facebook', person?: string): Promise<{ browser: HttpBrowser; page: Response }>
}

/** The whole service in this process, with the real stand-ins, over HTTP. Ends with the test file. */
export async function startDemoRolecall(env: Record<string, string> = {}): Promise<DemoRolecall> {
  const dataDir = join(temporaryFolder(), 'data')
  let handle: RequestListener = (_request, response) => response.writeHead(503).end()
  const server = createServer((request, response) => handle(request, response))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const port = (server.address() as AddressInfo).port
  const config = listeningOn(readConfig({ PORT: '0', ROLECALL_DATA_DIR: dataDir, ...env }), port)

  const lines: string[] = []
  const log = pino({ level: 'debug' }, { write: line => void lines.push(line) })
  let offsetMs = 0
  const clock = () => Date.now() + offsetMs
  const redirect = (name: string) => ({ redirectUris: [`${config.publicUrl}/sign-in/${name}/callback`] })
  const providers = await startDemoProviders({
    production: false,
    google: redirect('google'),
    facebook: redirect('facebook'),
    log,
  })
  const rolecall = await openRolecall(config, { log, clock, standIns: providers })
  const { roleName } = await ensureExamples({
    store: rolecall.store,
    accountId: rolecall.accountId,
    clock,
    providers,
  })
  handle = rolecall.app
  after(async () => {
    server.close()
    server.closeAllConnections()
    await providers.close()
    await rolecall.close()
  })

  return {
    url: config.publicUrl,
    roleArn: `arn:aws:iam::${rolecall.accountId}:role/${roleName}`,
    dataDir,
    rolecall,
    providers,
    logged: () => lines.join(''),
    advanceMs: ms => {
      offsetMs += ms
    },
    async signIn(provider, person = 'ada') {
      const browser = createHttpBrowser()
      const back = await walkToCallback(browser, `${config.publicUrl}/sign-in/${provider}`, person)
      return { browser, page: await browser.follow(await browser.get(back.href)) }
    },
  }
}

/** Goes to the provider, chooses the person (or cancels) and stops before the callback is visited. */
export async function walkToCallback(
  browser: HttpBrowser,
  start: string,
  person: string | undefined,
): Promise<URL> {
  const atCallback = (url: URL) => url.pathname.endsWith('/callback')
  const page = await browser.follow(await browser.get(start))
  const action = /<form method="post" action="([^"]+)"/.exec(await page.text())?.[1]
  if (action === undefined) throw new Error(`no form at ${page.url}`)
  const choice: Record<string, string> = person === undefined ? { cancel: 'yes' } : { person }
  const target = new URL(action.replace(/&(amp|#38);/g, '&'), page.url)
  const last = await browser.follow(await browser.post(target.href, choice), atCallback)
  const callback = locationOf(last)
  if (callback === undefined) throw new Error(`no way back from ${last.url}: ${last.status}`)
  return callback
}
