import type { Request, Response } from 'express'
import type { PageName, Pages } from '../pages.ts'
import type { Visit } from './console-session.ts'

export type ConsolePageName = Extract<PageName, `console/${string}`>

export type ConsolePages = {
  /** With who they are and as whom they work, on every page alike. */
  render(
    request: Request,
    response: Response,
    visit: Visit,
    page: ConsolePageName,
    locals: { title: string; [name: string]: unknown },
    status?: number,
  ): Promise<void>
}

const timeFormat = new Intl.DateTimeFormat('en-GB', { timeStyle: 'short', timeZone: 'UTC' })

export function createConsolePages(pages: Pages): ConsolePages {
  return {
    render({ session: { identity } }, response, { role, arn, endsAtMs }, page, locals, status) {
      const ends = { iso: new Date(endsAtMs).toISOString(), text: `${timeFormat.format(endsAtMs)} UTC` }
      return pages.render(
        response,
        page,
        { ...locals, person: identity, acting: { role, arn, ends } },
        status,
      )
    },
  }
}
