/** As much of a browser as sign-ins need: a cookie jar for each origin, and redirects one by one. */
export type HttpBrowser = {
  /** Cookies by origin, then by name. */
  jars: Map<string, Map<string, string>>
  get(url: string, headers?: Record<string, string>): Promise<Response>
  /** As a page of the same origin sends it, unless `headers` says otherwise; an empty one is left out. */
  post(url: string, form: Record<string, string>, headers?: Record<string, string>): Promise<Response>
  /** Follows redirects from an answer until there is none. `until` stops before an address is visited. */
  follow(answer: Response, until?: (url: URL) => boolean): Promise<Response>
}

export function createHttpBrowser(): HttpBrowser {
  const jars = new Map<string, Map<string, string>>()

  async function send(
    url: string,
    init: RequestInit & { headers: Record<string, string> },
  ): Promise<Response> {
    const { origin } = new URL(url)
    const jar = jars.get(origin) ?? new Map<string, string>()
    jars.set(origin, jar)
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers = { accept: 'text/html', ...(cookie === '' ? {} : { cookie }), ...init.headers }
    const answer = await fetch(url, { ...init, redirect: 'manual', headers })
    for (const line of answer.headers.getSetCookie()) keepCookie(jar, line)
    return answer
  }

  const browser: HttpBrowser = {
    jars,
    get: (url, headers = {}) => send(url, { headers }),
    post: (url, form, headers = {}) =>
      send(url, {
        method: 'POST',
        body: new URLSearchParams(form),
        // Node refuses no header, and sends an empty one as it is: left out is left out.
        headers: Object.fromEntries(
          Object.entries({ origin: new URL(url).origin, ...headers }).filter(([, value]) => value !== ''),
        ),
      }),
    async follow(answer, until = () => false) {
      let last = answer
      for (let step = 0; step < 15; step++) {
        const target = locationOf(last)
        if (target === undefined || until(target)) return last
        last = await browser.get(target.href)
      }
      throw new Error('too many redirects')
    },
  }
  return browser
}

export function locationOf(answer: Response): URL | undefined {
  const location = answer.headers.get('location')
  return location === null ? undefined : new URL(location, answer.url)
}

/** The last step of a sign-in whose answer another site posted, where `answer` leads to it. */
export async function arrive(browser: HttpBrowser, answer: Response): Promise<Response> {
  const next = locationOf(answer)
  return next?.pathname === '/sign-in/arrived' ? browser.get(next.href) : answer
}

function keepCookie(jar: Map<string, string>, line: string): void {
  const [pair = ''] = line.split(';')
  const at = pair.indexOf('=')
  const [name, value] = [pair.slice(0, at), pair.slice(at + 1)]
  const over = /expires=Thu, 01 Jan 1970/i.test(line) || value === ''
  if (over) jar.delete(name)
  else jar.set(name, value)
}
