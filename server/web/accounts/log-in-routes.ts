import express, { type Request, type Response, type Router } from 'express'
import type { LoggedIn } from '../../accounts/identity.ts'
import type { OwnAccounts } from '../../accounts/own-accounts.ts'
import { Refusal } from '../../base/refusal.ts'
import type { Account } from '../../store/accounts.ts'
import { type Notice, noticeFor } from '../notices.ts'
import type { Pages } from '../pages.ts'
import { postedForm } from '../posted-form.ts'
import { refuseSignIn, type SignInDeps, startSession } from '../start-session.ts'
import { noticeOf, refusedWords } from './refusals.ts'

export const ownAccountsPath = '/sign-in/accounts'

export type LogInDeps = SignInDeps & { pages: Pages; ownAccounts: OwnAccounts }

export const passkeyScript = '/assets/passkeys.js'
/** What an authenticator answers is some hundred bytes; one that attests nothing is still small. */
const passkeyLimits = { maxBytes: 16 * 1024 }

/** What the form needs, wherever it is shown. */
export async function logInLocals({ passkeys }: Pick<OwnAccounts, 'passkeys'>) {
  return {
    ownAccounts: true,
    script: passkeyScript,
    passkeyOptions: JSON.stringify(await passkeys.logInOptions()),
  }
}

/** Log in with a password, then a second factor where there is one; or with a passkey alone. */
export function createLogInRoutes(deps: LogInDeps): Router {
  const { pages, ownAccounts, factsOf } = deps
  const { logIn, passkeys } = ownAccounts
  const router = express.Router()

  router.get(ownAccountsPath, async (request, response) =>
    pages.render(response, 'own-log-in', {
      title: 'Log in',
      person: request.session.identity,
      notice: noticeFor(request.url),
      ...(await logInLocals(ownAccounts)),
    }),
  )

  router.post(ownAccountsPath, (request, response) =>
    orBack(deps, request, response, async () => {
      const form = await postedForm(request)
      const [email, password] = [form.get('email') ?? '', form.get('password') ?? '']
      if (email === '' || password === '') throw new Refusal('password.refused', { detail: 'an empty field' })
      const shown = await logIn.showPassword(email, password, factsOf(request).sourceIp)
      if (shown.kind === 'done') return finish(deps, request, response, shown.loggedIn)
      await askForFactor(deps, request, response, shown.account, shown.ticket)
    }),
  )

  router.post(`${ownAccountsPath}/factor`, (request, response) =>
    orBack(deps, request, response, async () => {
      const form = await postedForm(request)
      const [ticket, code] = [form.get('ticket') ?? '', form.get('code') ?? '']
      const { account } = await logIn.openFactorTicket(ticket)
      let loggedIn: LoggedIn
      try {
        loggedIn = await logIn.showCode(ticket, code, factsOf(request).sourceIp)
      } catch (error) {
        const notice = noticeOf(deps, request, error, refusedWords.factor)
        return askForFactor(deps, request, response, account, ticket, notice)
      }
      await finish(deps, request, response, loggedIn)
    }),
  )

  router.post(`${ownAccountsPath}/passkey`, (request, response) =>
    orBack(deps, request, response, async () => {
      const form = await postedForm(request, passkeyLimits)
      const ticket = form.get('ticket')
      const asked = ticket === undefined ? undefined : (await logIn.openFactorTicket(ticket)).account
      const answer = form.get('response') ?? ''
      const { account, methods } = await passkeys.logIn(answer, factsOf(request), asked)
      await finish(deps, request, response, logIn.withPasskey(account, methods, asked !== undefined))
    }),
  )
  return router
}

async function askForFactor(
  { pages, ownAccounts }: LogInDeps,
  request: Request,
  response: Response,
  account: Account,
  ticket: string,
  notice?: Notice,
): Promise<void> {
  const known = await ownAccounts.passkeys.list(account.subject)
  const options = known.length === 0 ? undefined : await ownAccounts.passkeys.logInOptions(account)
  const locals = {
    title: 'Second factor',
    person: request.session.identity,
    notice,
    ticket,
    script: passkeyScript,
    passkeyOptions: options && JSON.stringify(options),
  }
  await pages.render(response, 'own-factor', locals, notice === undefined ? 200 : 403)
}

/** With a new session id, and away from the address that was posted to. */
export async function finish(
  deps: LogInDeps,
  request: Request,
  response: Response,
  loggedIn: LoggedIn,
): Promise<void> {
  const identity = deps.ownAccounts.identityOf(loggedIn)
  response.redirect(303, await startSession(deps, request, identity, ownAccountsPath))
}

async function orBack(
  deps: LogInDeps,
  request: Request,
  response: Response,
  run: () => Promise<void>,
): Promise<void> {
  response.set('cache-control', 'no-store')
  try {
    await run()
  } catch (error) {
    await refuseSignIn(deps, request, response, error)
  }
}
