import express, { type Router } from 'express'
import { Refusal } from '../../base/refusal.ts'
import type { FactsOf } from '../../http/request-facts.ts'
import type { Outbox } from '../../mail/outbox.ts'
import type { Pages } from '../pages.ts'

/** In development: what would have been mailed, for whoever sits at this machine. */
export function createOutboxRoutes({
  pages,
  outbox,
  factsOf,
}: {
  pages: Pages
  outbox: Outbox
  factsOf: FactsOf
}): Router {
  const router = express.Router()
  router.get('/outbox', async (request, response) => {
    if (!isLoopback(factsOf(request).sourceIp) || !isLoopback(request.socket.remoteAddress ?? ''))
      throw new Refusal('entity.missing', { detail: 'the outbox, from elsewhere' })
    const mails = outbox.list().map(mail => ({ ...mail, at: new Date(mail.atMs).toISOString() }))
    await pages.render(response, 'outbox', { title: 'Outbox', person: request.session.identity, mails })
  })
  return router
}

function isLoopback(address: string): boolean {
  return /^(?:::ffff:)?127\./.test(address) || address === '::1'
}
