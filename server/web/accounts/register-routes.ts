import express, { type Request, type Response, type Router } from 'express'
import { networkOf } from '../../http/network-of.ts'
import type { RateLimit } from '../../http/rate-limit.ts'
import { readQuery } from '../../http/read-form.ts'
import type { createBrowserCookie } from '../browser-cookie.ts'
import { postedForm } from '../posted-form.ts'
import { finish, type LogInDeps, ownAccountsPath } from './log-in-routes.ts'
import { refusedOnForm, refusedWords } from './refusals.ts'
import { findWayBack, pathTo } from './way-back.ts'

export type RegisterDeps = LogInDeps & {
  /** What is begun in one browser is finished there. */
  codeCookie: ReturnType<typeof createBrowserCookie>
  startLimit: RateLimit
  /** Of apps that people come from, and may go back to. */
  returnUrls: readonly string[]
}

export const registerPath = `${ownAccountsPath}/register`
export const donePath = `${ownAccountsPath}/done`
const confirmPath = `${ownAccountsPath}/confirm`

/** What may be done once somebody goes back, by a code in the address. */
const deeds = { registered: 'Your account is made', 'password-set': 'Your new password is set' } as const

/** Register and confirm, and the way back to the app that sent somebody. No answer here says who has an account. */
export function createRegisterRoutes(deps: RegisterDeps): Router {
  const { pages, returnUrls } = deps
  const router = express.Router()

  router.get(registerPath, (request, response) => {
    const back = findWayBack(returnUrls, readQuery(request.url))
    return pages.render(response, 'own-register', {
      title: 'Register',
      person: request.session.identity,
      back,
    })
  })
  router.post(registerPath, (request, response) => beginRegistration(deps, request, response))

  router.get(confirmPath, (request, response) => {
    const back = findWayBack(returnUrls, readQuery(request.url))
    return pages.render(response, 'own-code', {
      ...confirmFrame(request),
      id: idIn(request.url),
      back,
      beginAgain: pathTo(registerPath, back),
    })
  })
  router.post(confirmPath, (request, response) => confirm(deps, request, response))

  router.get(donePath, (request, response) => {
    const query = readQuery(request.url)
    const back = findWayBack(returnUrls, query)
    const deed = query.get('deed') ?? ''
    if (back === undefined || !Object.hasOwn(deeds, deed)) return response.redirect(303, '/')
    const title = deeds[deed as keyof typeof deeds]
    return pages.render(response, 'own-done', { title, person: request.session.identity, back })
  })
  return router
}

async function beginRegistration(deps: RegisterDeps, request: Request, response: Response): Promise<void> {
  const { pages, ownAccounts, codeCookie, startLimit, factsOf } = deps
  codeCookie.ensure(request, response)
  const form = await postedForm(request)
  const back = findWayBack(deps.returnUrls, form)
  const asked = {
    email: form.get('email') ?? '',
    password: form.get('password') ?? '',
    name: form.get('name'),
  }
  try {
    startLimit.requireToken(networkOf(factsOf(request).sourceIp))
    const browser = codeCookie.browserOf(request) ?? ''
    const id = await ownAccounts.register(asked, { browser, facts: factsOf(request) })
    response.redirect(303, pathTo(confirmPath, back, { id }))
  } catch (error) {
    const usual = { words: refusedWords.password, status: 400 }
    const { notice, status } = refusedOnForm(deps, request, response, error, usual)
    const { email, name } = asked
    const locals = { title: 'Register', person: request.session.identity, notice, email, name, back }
    await pages.render(response, 'own-register', locals, status)
  }
}

async function confirm(deps: RegisterDeps, request: Request, response: Response): Promise<void> {
  const { pages, ownAccounts, codeCookie, factsOf } = deps
  const form = await postedForm(request)
  const back = findWayBack(deps.returnUrls, form)
  const [id, code] = [form.get('id') ?? '', form.get('code') ?? '']
  try {
    const browser = codeCookie.browserOf(request) ?? ''
    const loggedIn = await ownAccounts.confirm({ id, code, browser }, factsOf(request))
    if (back === undefined) return await finish(deps, request, response, loggedIn)
    // Whoever came for an app gets no session here: signing out there would leave it open to the next at this machine.
    response.redirect(303, pathTo(donePath, back, { deed: 'registered' satisfies keyof typeof deeds }))
  } catch (error) {
    const usual = { words: refusedWords.code, status: 403 }
    const { notice, status } = refusedOnForm(deps, request, response, error, usual)
    const again = { id, back, beginAgain: pathTo(registerPath, back) }
    await pages.render(response, 'own-code', { ...confirmFrame(request), notice, ...again }, status)
  }
}

function confirmFrame(request: Request) {
  return { title: 'Confirm your address', person: request.session.identity, action: confirmPath }
}

export function idIn(url: string): string {
  const id = readQuery(url).get('id') ?? ''
  return /^[\w-]{22}$/.test(id) ? id : ''
}
