import type { NextFunction, Request, Response } from 'express'
import { Refusal } from '../base/refusal.ts'

/**
 * A POST must come from one of our own pages (CSRF). Browsers say where from in Origin; one that leaves it
 * out says so in Sec-Fetch-Site. A request that says neither is refused.
 */
export function requireOwnPages(publicUrl: string) {
  return (request: Request, _response: Response, next: NextFunction): void => {
    const { origin } = request.headers
    const site = request.headers['sec-fetch-site']
    const own =
      origin === publicUrl
        ? (site ?? 'same-origin') === 'same-origin'
        : origin === undefined && site === 'same-origin'
    if (!own) throw new Refusal('request.crossOrigin', { detail: `Origin: ${String(origin).slice(0, 255)}` })
    next()
  }
}

/**
 * Cookies belong to one host name, and providers send people back to the public URL: whoever comes to the
 * pages under another name of ours (127.0.0.1 for localhost) is sent over first. The target is ours alone.
 */
export function redirectToPublicHost(publicUrl: string) {
  const { host } = new URL(publicUrl)
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.method !== 'GET' || request.headers.host?.toLowerCase() === host) next()
    else response.redirect(302, `${publicUrl}${request.path === '/' ? '/' : '/roles'}`)
  }
}
