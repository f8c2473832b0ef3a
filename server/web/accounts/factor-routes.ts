import express, { type Request, type Response, type Router } from 'express'
import { renderSVG } from 'uqr'
import { Refusal } from '../../base/refusal.ts'
import type { Account } from '../../store/accounts.ts'
import type { Notice, NoticeCode } from '../notices.ts'
import { postedForm } from '../posted-form.ts'
import { type ManageDeps, orOnPage } from './manage-routes.ts'
import { noticeOf, refusedWords } from './refusals.ts'
import { freshAccountOf, ownPath } from './require-own.ts'

const passkeyLimits = { maxBytes: 32 * 1024 }

/** Authenticator app, recovery codes and passkeys: each change wants a sign-in that is new. */
export function createFactorRoutes(deps: ManageDeps): Router {
  const { ownAccounts, factsOf } = deps
  const { factors, passkeys } = ownAccounts
  const router = express.Router()

  /** Made by who is signed in anew, with what they sent; told on the account's page. */
  const change = (
    path: string,
    done: NoticeCode,
    make: (account: Account, form: ReadonlyMap<string, string>, request: Request) => Promise<void>,
    showsCodes = false,
  ) =>
    router.post(`${ownPath}/${path}`, async (request, response) => {
      const account = await freshAccountOf(deps, request, response)
      if (account === undefined) return
      const form = await postedForm(request, passkeyLimits)
      await orOnPage(deps, request, response, account, async () => {
        try {
          await make(account, form, request)
        } catch (error) {
          const notice = error instanceof Refusal ? told[error.reason] : undefined
          if (notice === undefined) throw error
          return response.redirect(303, `${ownPath}?notice=${notice}`)
        }
        const codes = showsCodes ? await factors.firstRecoveryCodes(account) : []
        if (codes.length > 0) await showCodes(deps, request, response, codes)
        else response.redirect(303, `${ownPath}?notice=${done}`)
      })
    })

  router.get(`${ownPath}/app`, async (request, response) => {
    const account = await freshAccountOf(deps, request, response)
    if (account === undefined) return
    await showApp(deps, request, response, factors.beginApp(account))
  })
  router.post(`${ownPath}/app`, async (request, response) => {
    const account = await freshAccountOf(deps, request, response)
    if (account === undefined) return
    const form = await postedForm(request)
    try {
      await factors.addApp(account, form.get('ticket') ?? '', form.get('code') ?? '', factsOf(request))
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'entity.changed')
        return response.redirect(303, `${ownPath}?notice=changed`)
      // With a new seed: whoever looked over a shoulder at the last one has nothing.
      const notice = noticeOf(deps, request, error, refusedWords.factor)
      return showApp(deps, request, response, factors.beginApp(account), notice)
    }
    const codes = await factors.firstRecoveryCodes(account)
    if (codes.length > 0) await showCodes(deps, request, response, codes)
    else response.redirect(303, `${ownPath}?notice=app-added`)
  })
  change('app/remove', 'app-removed', (account, _form, request) =>
    factors.removeApp(account, factsOf(request)),
  )

  router.post(`${ownPath}/recovery-codes`, async (request, response) => {
    const account = await freshAccountOf(deps, request, response)
    if (account === undefined) return
    if (!(await ownAccounts.hasFactor(account))) return response.redirect(303, ownPath)
    await showCodes(deps, request, response, await factors.renewRecoveryCodes(account, factsOf(request)))
  })

  change(
    'passkeys',
    'passkey-added',
    (account, form, request) =>
      passkeys.add(account, form.get('response') ?? '', form.get('name') ?? '', factsOf(request)),
    true,
  )
  change('passkeys/name', 'passkey-named', async ({ subject }, form) => {
    await passkeys.rename(subject, form.get('passkey') ?? '', form.get('name') ?? '')
  })
  change('passkeys/remove', 'passkey-removed', (account, form, request) =>
    passkeys.remove(account, form.get('passkey') ?? '', factsOf(request)),
  )
  change('password/remove', 'password-removed', (account, _form, request) =>
    passkeys.removePassword(account, factsOf(request)),
  )
  return router
}

const told: Partial<Record<Refusal['reason'], NoticeCode>> = {
  'password.refused': 'not-right',
  'entity.exists': 'passkey-known',
  'entity.inUse': 'last-factor',
  'entity.missing': 'changed',
  'entity.limit': 'full',
}

async function showApp(
  { pages }: ManageDeps,
  request: Request,
  response: Response,
  { ticket, secret, uri }: { ticket: string; secret: string; uri: string },
  notice?: Notice,
): Promise<void> {
  const locals = {
    title: 'Authenticator app',
    person: request.session.identity,
    notice,
    ticket,
    secret: secret.match(/.{1,4}/g)?.join(' '),
    uri,
    // A part of the page: the policy on images lets in none that is not served from here.
    qr: renderSVG(uri, { border: 4 }),
  }
  await pages.render(response, 'own-app', locals, notice === undefined ? 200 : 403)
}

/** They are the answer itself: no address shows them again. */
async function showCodes(
  { pages }: ManageDeps,
  request: Request,
  response: Response,
  codes: readonly string[],
): Promise<void> {
  const locals = { title: 'Your recovery codes', person: request.session.identity, codes }
  await pages.render(response, 'own-recovery', locals)
}
