import type { Request, Response } from 'express'
import { readQuery } from '../../../http/read-form.ts'
import { type ConsoleNoticeCode, consoleNotice } from '../console-notices.ts'

export const secretsPath = '/console/secrets'

/** Values come percent-encoded, as form fields do: 65,536 bytes may be three times as many, and line breaks six. */
export const secretForm = { maxBytes: 512 * 1024 }

/** By its ARN, which no secret made later under the same name will have. */
export function addressOf(page: string, arn: string, more: Readonly<Record<string, string>> = {}): string {
  return `${secretsPath}/${page}?${new URLSearchParams({ id: arn, ...more })}`
}

/** For the views: the pages of one secret. */
export function linksOf(arn: string) {
  return (page: string, more?: Readonly<Record<string, string>>) => addressOf(page, arn, more)
}

/** A secret's name: its ARN without what is before it, and without the six random characters that follow. */
export function nameInArn(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1).replace(/-[A-Za-z0-9]{6}$/, '')
}

export function backTo(response: Response, arn: string, notice: ConsoleNoticeCode): void {
  response.redirect(303, addressOf('secret', arn, { notice }))
}

/** What an address says of one secret. */
export function askedIn(request: Request): { id: string; query: ReadonlyMap<string, string> } {
  const query = readQuery(request.url)
  return { id: query.get('id') ?? '', query }
}

export function noticeIn({ url }: Request) {
  return consoleNotice(readQuery(url).get('notice'))
}
