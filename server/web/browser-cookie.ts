import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { parseCookie, stringifySetCookie } from 'cookie'
import type { Response } from 'express'
import { cookieName } from './session.ts'

const usualSeconds = 600

/**
 * A random value that only this browser holds while it signs in. What is begun in one browser can't be
 * finished in another: an attacker's answer, planted in a victim's browser, would sign the victim in as the
 * attacker.
 *
 * @param crossSite whether it comes along when another site posts to us. Browsers then want it Secure, which they take on
 *   localhost without https as well
 */
export function createBrowserCookie(
  production: boolean,
  { crossSite, called, seconds = usualSeconds }: { crossSite: boolean; called?: string; seconds?: number },
) {
  const name = cookieName(called ?? (crossSite ? 'rolecall-saml' : 'rolecall-browser'), production)

  function browserOf(request: IncomingMessage): string | undefined {
    const value = parseCookie(request.headers.cookie ?? '')[name]
    return value !== undefined && /^[A-Za-z0-9_-]{43}$/.test(value) ? value : undefined
  }

  return {
    browserOf,
    /** Gives the browser its value, or the one it has for as long again. */
    ensure(request: IncomingMessage, response: Response): void {
      const value = browserOf(request) ?? randomBytes(32).toString('base64url')
      const sameSite = crossSite ? ('none' as const) : ('lax' as const)
      const attributes = { httpOnly: true, sameSite, secure: production || crossSite, path: '/' }
      const cookie = { name, value, maxAge: seconds, ...attributes }
      response.append('set-cookie', stringifySetCookie(cookie))
      // Passport keeps the state in this same request, before the cookie could come back.
      if (browserOf(request) !== value) {
        request.headers.cookie = [request.headers.cookie, `${name}=${value}`].filter(Boolean).join('; ')
      }
    },
  }
}
