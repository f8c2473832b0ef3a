import assert from 'node:assert/strict'
import { createHttpBrowser, type HttpBrowser, locationOf } from './http-browser.ts'
import { type MailServer, startMailServer } from './mail-server.ts'
import { startRolecall, type TestRolecall } from './rolecall.ts'

export const password = 'a walrus in the garden'

export type AccountsRolecall = TestRolecall & {
  mail: MailServer
  /** Registers and confirms; the browser is signed in then. Answers the subject. */
  register(email: string, browser?: HttpBrowser): Promise<HttpBrowser>
  /** Begins a registration, and answers the id of its code. */
  begin(browser: HttpBrowser, form: Record<string, string>): Promise<string>
  post(browser: HttpBrowser, path: string, form: Record<string, string>): Promise<Response>
  get(browser: HttpBrowser, path: string): Promise<Response>
  logIn(email: string, word?: string, browser?: HttpBrowser): Promise<Response>
  token(form: Record<string, string>): Promise<Record<string, unknown>>
  /** Of an ID token. */
  issuer: { url: string }
}

export async function startAccountsRolecall(env: Record<string, string> = {}): Promise<AccountsRolecall> {
  const mail = await startMailServer()
  const rolecall = await startRolecall({
    ROLECALL_ACCOUNTS: 'on',
    SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
    SMTP_FROM: 'rolecall@example.com',
    ...env,
  })
  const at = (path: string) => `${rolecall.url}${path}`
  const one: AccountsRolecall = {
    ...rolecall,
    mail,
    issuer: { url: at('/accounts') },
    post: (browser, path, form) => browser.post(at(path), form),
    get: (browser, path) => browser.get(at(path)),
    async begin(browser, form) {
      const answer = await browser.post(at('/sign-in/accounts/register'), form)
      assert.equal(answer.status, 303)
      return locationOf(answer)?.searchParams.get('id') ?? ''
    },
    async register(email, browser = createHttpBrowser()) {
      const before = mail.received.filter(({ to }) => to.includes(email)).length
      const id = await one.begin(browser, { email, password, name: 'Ada' })
      const code = await mail.codeTo(email, before + 1)
      const answer = await browser.post(at('/sign-in/accounts/confirm'), { id, code })
      assert.equal(locationOf(answer)?.pathname, '/roles')
      return browser
    },
    logIn: (email, word = password, browser = createHttpBrowser()) =>
      browser.post(at('/sign-in/accounts'), { email, password: word }),
    async token(form) {
      const body = new URLSearchParams({ grant_type: 'password', provider_id: 'accounts', ...form })
      const answer = await fetch(at('/token'), { method: 'POST', body })
      return { ...Object(await answer.json()), status: answer.status }
    },
  }
  return one
}

export function claimsOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString())
}
