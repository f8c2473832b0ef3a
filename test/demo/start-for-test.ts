import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import {
  type DemoFacebook,
  type DemoGoogle,
  type DemoOptions,
  type DemoProviders,
  startDemoProviders,
} from '../../server/demo/start-demo-providers.ts'

/** Nothing listens there: the tests read the redirect, they don't follow it. */
export const callback = 'http://127.0.0.1:9/sign-in/callback'

/** Both parts, closed at the test's end. `lines` is what they logged. */
export async function startForTest(
  test: { after(close: () => Promise<void>): void },
  options: Partial<DemoOptions> = {},
): Promise<DemoProviders & { google: DemoGoogle; facebook: DemoFacebook; lines: string[] }> {
  const lines: string[] = []
  const write = (facts: object, sentence: string) => void lines.push(`${sentence} ${JSON.stringify(facts)}`)
  const demo = await startDemoProviders({
    production: false,
    google: { redirectUris: [callback] },
    facebook: { redirectUris: [callback] },
    log: { info: write, warn: write },
    ...options,
  })
  test.after(() => demo.close())
  const { google, facebook } = demo
  if (!google || !facebook) throw new Error('a part is missing')
  return { ...demo, google, facebook, lines }
}

export type RawAnswer = { status: number; headers: IncomingMessage['headers']; text: string }

/** A request whose every header is ours to choose, which `fetch` does not allow. */
export async function askRaw(
  port: number,
  path: string,
  { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const asking = request({ host: '127.0.0.1', port, path, method, headers, agent: false })
  asking.end()
  const [answer] = (await once(asking, 'response')) as [IncomingMessage]
  let text = ''
  for await (const part of answer.setEncoding('utf8')) text += part
  return { status: answer.statusCode ?? 0, headers: answer.headers, text }
}

/** As much of a browser as a redirect flow needs: cookies by name, redirects not followed. */
export function createBrowser() {
  const cookies = new Map<string, string>()
  return {
    cookies,
    async go(url: string, form?: Record<string, string>): Promise<Response> {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await fetch(url, {
        redirect: 'manual',
        headers: { cookie, accept: 'text/html', ...(form && { origin: new URL(url).origin }) },
        ...(form && { method: 'POST', body: new URLSearchParams(form) }),
      })
      for (const line of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
        if (value === '') cookies.delete(name)
        else cookies.set(name, value)
      }
      return answer
    },
  }
}

/** Where an answer sends the browser. */
export function locationOf(answer: Response): URL {
  return new URL(answer.headers.get('location') ?? 'missing:', answer.url)
}

/** An answer's JSON, taken at its word for its shape: the assertions are what checks it. */
export async function readJson<Shape = Record<string, string>>(
  answer: Response | Promise<Response>,
): Promise<Shape> {
  return (await (await answer).json()) as Shape
}
