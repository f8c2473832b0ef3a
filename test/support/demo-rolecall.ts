import { after } from 'node:test'
import { systemClock } from '../../server/base/clock.ts'
import { ensureExamples } from '../../server/demo/examples.ts'
import { type DemoProviders, startDemoProviders } from '../../server/demo/start-demo-providers.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from './http-browser.ts'
import { startRolecall, type TestRolecall } from './rolecall.ts'

export type DemoRolecall = TestRolecall & {
  /** Of the example role that the demo makes. */
  exampleRole: string
  providers: DemoProviders
  /** Signs a new browser in and answers it with the page that it ends on. */
  signIn(provider: 'google' | 'facebook', person?: string): Promise<{ browser: HttpBrowser; page: Response }>
}

/** The service with the real stand-ins, which go by the machine's clock. */
export async function startDemoRolecall(env: Record<string, string> = {}): Promise<DemoRolecall> {
  let started: DemoProviders | undefined
  const rolecall = await startRolecall(env, async ({ publicUrl }, log) => {
    const redirect = (name: string) => ({ redirectUris: [`${publicUrl}/sign-in/${name}/callback`] })
    started = await startDemoProviders({
      production: false,
      google: redirect('google'),
      facebook: redirect('facebook'),
      log,
    })
    return started
  })
  const providers = started as DemoProviders
  after(() => providers.close())
  const { store } = rolecall.rolecall
  const { accountId, url } = rolecall
  const { roleName } = await ensureExamples({ store, accountId, clock: systemClock, providers })

  return {
    ...rolecall,
    exampleRole: rolecall.roleArn(roleName),
    providers,
    async signIn(provider, person = 'ada') {
      const browser = createHttpBrowser()
      const back = await walkToCallback(browser, `${url}/sign-in/${provider}`, person)
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
