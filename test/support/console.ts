import assert from 'node:assert/strict'
import * as iam from '@aws-sdk/client-iam'
import { policyOf } from './aws-calls.ts'
import { createHttpBrowser, type HttpBrowser, locationOf } from './http-browser.ts'
import { secret, startOpenidProvider, type TestProvider } from './openid-provider.ts'
import { startRolecall, type TestRolecall, trusting } from './rolecall.ts'

type Statement = Parameters<typeof policyOf>[0]

export type ConsoleRolecall = TestRolecall & {
  corp: TestProvider
  /** The ARN of the provider whose people sign in. */
  provider: string
  /** Somebody's browser, signed in. */
  signIn(person?: string): Promise<HttpBrowser>
  /** A role of these statements that admits the provider's people. Answers its ARN. */
  role(name: string, ...statements: Statement[]): Promise<string>
  /** A browser that works as this role: a new one, or one that is signed in already. */
  enter(role: string, by?: string | HttpBrowser): Promise<HttpBrowser>
  /** A page as text, without the places where a long name may break. */
  look(
    browser: HttpBrowser,
    path: string,
  ): Promise<{ status: number; text: string; sentTo: string | undefined }>
  post(browser: HttpBrowser, path: string, form?: Record<string, string>): ReturnType<ConsoleRolecall['look']>
}

/** The service with a provider whose people sign in by the browser. */
export async function startConsoleRolecall(
  more?: Parameters<typeof startRolecall>[2],
): Promise<ConsoleRolecall> {
  const corp = await startOpenidProvider()
  const rolecall = await startRolecall(
    {
      OIDC_CORP_ISSUER: corp.url,
      OIDC_CORP_CLIENT_ID: 'rolecall',
      OIDC_CORP_CLIENT_SECRET: secret,
    },
    undefined,
    more,
  )
  const { url, accountId } = rolecall
  corp.serve([`${url}/sign-in/corp/callback`])
  const one: ConsoleRolecall = {
    ...rolecall,
    corp,
    provider: `arn:aws:iam::${accountId}:oidc-provider/${new URL(corp.url).host}`,
    async signIn(person = 'ada') {
      corp.person = person
      const browser = createHttpBrowser()
      const page = await browser.follow(await browser.get(`${url}/sign-in/corp`))
      assert.equal(page.url, `${url}/roles`)
      return browser
    },
    async role(name, ...statements) {
      const arn = await rolecall.createRole(name, trusting(accountId, corp))
      if (statements.length > 0) {
        const PolicyDocument = policyOf(...statements)
        const inline = { RoleName: name, PolicyName: 'work', PolicyDocument }
        await rolecall.iam().send(new iam.PutRolePolicyCommand(inline))
      }
      return arn
    },
    async enter(role, by) {
      const browser = typeof by === 'object' ? by : await one.signIn(by)
      const { status, sentTo } = await one.post(browser, '/console/enter', { role })
      assert.deepEqual([status, sentTo], [303, '/console'])
      return browser
    },
    look: async (browser, path) => seen(await browser.get(`${url}${path}`)),
    post: async (browser, path, form = {}) => seen(await browser.post(`${url}${path}`, form)),
  }
  return one
}

async function seen(answer: Response) {
  const target = locationOf(answer)
  return {
    status: answer.status,
    text: (await answer.text()).replaceAll('<wbr>', ''),
    sentTo: target && `${target.pathname}${target.search}`,
  }
}
