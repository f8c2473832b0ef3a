import express, { type Request, type Response, type Router } from 'express'
import type { SessionData } from 'express-session'
import type { FederatedIdentity } from '../../base/federated-identity.ts'
import { Refusal } from '../../base/refusal.ts'
import type { Account } from '../../store/accounts.ts'
import type { Store } from '../../store/open-store.ts'
import { personKey } from '../../store/revocations.ts'
import { isFresh } from '../errands.ts'
import { type Notice, noticeFor } from '../notices.ts'
import { postedForm } from '../posted-form.ts'
import { renewSession, sessionIdHash } from '../session.ts'
import { passkeyScript } from './log-in-routes.ts'
import { noticeOf, refusedWords } from './refusals.ts'
import { idIn, type RegisterDeps } from './register-routes.ts'
import { freshAccountOf, ownAccountOf, ownPath } from './require-own.ts'

export type ManageDeps = RegisterDeps & { store: Pick<Store, 'webSessions'> }

const emailPath = `${ownPath}/email/confirm`

/** A password, an address, sessions, and the end of an account. */
export function createManageRoutes(deps: ManageDeps): Router {
  const { ownAccounts, codeCookie, factsOf, clock } = deps
  const router = express.Router()

  router.get(ownPath, async (request, response) => {
    const account = await ownAccountOf(deps, request, response)
    if (account !== undefined) await showAccount(deps, request, response, account, noticeFor(request.url))
  })

  router.post(`${ownPath}/password`, async (request, response) => {
    // Who has no password sets a first one: nothing but the sign-in shows that it is they.
    const account = await ownAccountOf(deps, request, response)
    if (account === undefined) return
    if (account.passwordHash === undefined && !(await freshAccountOf(deps, request, response))) return
    const form = await postedForm(request)
    const [old, password] = [form.get('old') ?? '', form.get('password') ?? '']
    await orOnPage(deps, request, response, account, async () => {
      const keptIdHash = sessionIdHash(request)
      await ownAccounts.changePassword(account, { old, password, keptIdHash }, factsOf(request))
      await renewSession(request, clock)
      response.redirect(303, `${ownPath}?notice=password-changed`)
    })
  })

  router.post(`${ownPath}/email`, async (request, response) => {
    const account = await freshAccountOf(deps, request, response)
    if (account === undefined) return
    codeCookie.ensure(request, response)
    const form = await postedForm(request)
    const asked = { email: form.get('email') ?? '', password: form.get('password') ?? '' }
    await orOnPage(deps, request, response, account, async () => {
      const asking = { browser: codeCookie.browserOf(request) ?? '', facts: factsOf(request) }
      response.redirect(303, `${emailPath}?id=${await ownAccounts.beginEmailChange(account, asked, asking)}`)
    })
  })
  router.get(emailPath, async (request, response) => {
    const account = await ownAccountOf(deps, request, response)
    if (account !== undefined) await showCode(deps, request, response, idIn(request.url))
  })
  router.post(emailPath, async (request, response) => {
    const account = await ownAccountOf(deps, request, response)
    if (account === undefined) return
    const form = await postedForm(request)
    const [id, code] = [form.get('id') ?? '', form.get('code') ?? '']
    try {
      const browser = codeCookie.browserOf(request) ?? ''
      await ownAccounts.changeEmail(account, { id, code, browser }, factsOf(request))
    } catch (error) {
      return showCode(deps, request, response, id, noticeOf(deps, request, error, refusedWords.code))
    }
    const { identity } = request.session
    const changed = identity && (await ownAccounts.find(identity))
    if (identity && changed) request.session.identity = ownAccounts.withEmail(identity, changed)
    response.redirect(303, `${ownPath}?notice=email-changed`)
  })

  router.post(`${ownPath}/sessions/end`, async (request, response) => {
    const account = await ownAccountOf(deps, request, response)
    if (account === undefined) return
    const form = await postedForm(request)
    await ownAccounts.endSession(account, form.get('session') ?? '', factsOf(request))
    response.redirect(303, `${ownPath}?notice=session-ended`)
  })
  router.post(`${ownPath}/sessions/end-others`, async (request, response) => {
    const account = await freshAccountOf(deps, request, response)
    if (account === undefined) return
    await ownAccounts.endOtherSessions(account, sessionIdHash(request), factsOf(request))
    await renewSession(request, clock)
    response.redirect(303, `${ownPath}?notice=sessions-ended`)
  })

  router.post(`${ownPath}/delete`, async (request, response) => {
    const account = await freshAccountOf(deps, request, response)
    if (account === undefined) return
    const form = await postedForm(request)
    await orOnPage(deps, request, response, account, async () => {
      await ownAccounts.deleteAccount(account, form.get('password') ?? '', factsOf(request))
      await new Promise<void>(resolve => request.session.destroy(() => resolve()))
      response.redirect(303, '/?notice=account-deleted')
    })
  })
  return router
}

/** What the account page says again, with what was wrong. */
export async function orOnPage(
  deps: ManageDeps,
  request: Request,
  response: Response,
  account: Account,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'entity.changed')
      return response.redirect(303, `${ownPath}?notice=changed`)
    const notice = noticeOf(deps, request, error, refusedWords.password)
    await showAccount(deps, request, response, account, notice, 403)
  }
}

async function showCode(
  { pages }: ManageDeps,
  request: Request,
  response: Response,
  id: string,
  notice?: Notice,
): Promise<void> {
  const locals = {
    title: 'Confirm your new address',
    person: request.session.identity,
    action: emailPath,
    id,
    notice,
  }
  await pages.render(response, 'own-code', locals, notice === undefined ? 200 : 403)
}

async function showAccount(
  deps: ManageDeps,
  request: Request,
  response: Response,
  account: Account,
  notice: Notice | undefined,
  status = 200,
): Promise<void> {
  const { pages, ownAccounts, clock } = deps
  const { identity } = request.session
  const locals = {
    title: 'Your account here',
    person: identity,
    notice,
    script: passkeyScript,
    email: account.email,
    hasPassword: account.passwordHash !== undefined,
    hasApp: account.sealedTotp !== undefined,
    recoveryCodes: await ownAccounts.countRecoveryCodes(account),
    passkeys: (await ownAccounts.passkeys.list(account.subject)).map(
      ({ id, name, createdAtMs, usedAtMs }) => ({
        id,
        name,
        addedOn: shownTime(createdAtMs),
        usedOn: usedAtMs === undefined ? undefined : shownTime(usedAtMs),
      }),
    ),
    passkeyOptions: JSON.stringify(await ownAccounts.passkeys.addOptions(account)),
    isFresh: isFresh(request.session, clock),
    sessions: identity === undefined ? [] : await shownSessions(deps, request, identity),
  }
  await pages.render(response, 'own-account', locals, status)
}

async function shownSessions({ store, clock }: ManageDeps, request: Request, identity: FederatedIdentity) {
  const current = sessionIdHash(request)
  const rows = await store.webSessions.listOf(personKey(identity), clock())
  return rows
    .map(({ idHash, data }) => {
      const { browser = 'A browser', signedInAtMs = 0 }: Partial<SessionData> = JSON.parse(data)
      return { idHash, browser, signedInAtMs, since: shownTime(signedInAtMs), isCurrent: idHash === current }
    })
    .toSorted((a, b) => Number(b.isCurrent) - Number(a.isCurrent) || b.signedInAtMs - a.signedInAtMs)
}

const timeFormat = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'long',
  timeStyle: 'short',
  timeZone: 'UTC',
})

function shownTime(ms: number): { text: string; iso: string } {
  return { text: `${timeFormat.format(ms)} UTC`, iso: new Date(ms).toISOString() }
}
