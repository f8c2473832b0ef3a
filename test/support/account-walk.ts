import assert from 'node:assert/strict'
import { type DemoRolecall, walkToCallback } from './demo-rolecall.ts'
import { type HttpBrowser, locationOf } from './http-browser.ts'

/** The ways of a person through the pages of their account. */
export function accountWalk(demo: Pick<DemoRolecall, 'url' | 'advanceMs'>) {
  const { url } = demo

  /** Asks to link, or does what else `path` says, and answers the page of ways to leave by. */
  async function ask(browser: HttpBrowser, path = '/account/link', form: Record<string, string> = {}) {
    const page = await browser.follow(await browser.post(`${url}${path}`, form))
    return { path: new URL(page.url).pathname, html: await page.text() }
  }

  /** The address by which a page sends the browser to a provider. */
  function hrefIn(html: string, provider: string): string {
    const href = new RegExp(`href="(/sign-in/${provider}[?]errand=[^"]+)"`).exec(html)?.[1]
    assert.ok(href, `${provider} is offered`)
    return `${url}${href}`
  }

  /** Goes to the provider, and stops before the callback is visited. */
  async function leave(browser: HttpBrowser, address: string, person: string | undefined): Promise<URL> {
    // Beginning sign-ins is slowed down, by the service's clock.
    demo.advanceMs(2_000)
    return walkToCallback(browser, address, person)
  }

  /** The page that asks whether to link, or wherever else it ends. */
  async function comeBackFrom(
    browser: HttpBrowser,
    provider: 'google' | 'facebook',
    person: string | undefined,
  ) {
    const { html } = await ask(browser)
    const callback = await leave(browser, hrefIn(html, provider), person)
    return browser.follow(await browser.get(callback.href))
  }

  /** Asks to unlink a way, and comes back by what is shown as this person. Answers the redirect that it ends with. */
  async function unlink(
    browser: HttpBrowser,
    way: { issuer: string; subject: string },
    provider: 'google' | 'facebook',
    person: string | undefined,
  ): Promise<Response> {
    const { path, html } = await ask(browser, '/account/unlink', way)
    assert.equal(path, '/account/sign-in')
    return browser.get((await leave(browser, hrefIn(html, provider), person)).href)
  }

  async function confirm(browser: HttpBrowser, page: Response): Promise<Response> {
    const token = /name="token" value="([^"]+)"/.exec(await page.text())?.[1] ?? ''
    return browser.post(`${url}/account/confirm`, { token })
  }

  return {
    ask,
    hrefIn,
    leave,
    comeBackFrom,
    confirm,
    unlink,
    /** All of it. Answers the person's id. */
    async link(browser: HttpBrowser, provider: 'google' | 'facebook', person: string): Promise<string> {
      const answer = await confirm(browser, await comeBackFrom(browser, provider, person))
      assert.equal(locationOf(answer)?.search, '?notice=linked')
      return personIdOn(browser)
    },
    personIdOn,
  }

  async function personIdOn(browser: HttpBrowser): Promise<string> {
    const html = await (await browser.get(`${url}/account`)).text()
    return /PERSON[A-Z2-7]{17}/.exec(html)?.[0] ?? ''
  }
}

export const noticeOf = (answer: Response) => {
  const target = locationOf(answer) ?? new URL(answer.url)
  return target.searchParams.get('notice')
}
