import express, { type Request, type Response, type Router } from 'express'
import { networkOf } from '../../http/network-of.ts'
import { readQuery } from '../../http/read-form.ts'
import { postedForm } from '../posted-form.ts'
import { ownAccountsPath } from './log-in-routes.ts'
import { refusedOnForm, refusedWords } from './refusals.ts'
import { donePath, idIn, type RegisterDeps } from './register-routes.ts'
import { findWayBack, pathTo } from './way-back.ts'

const forgottenPath = `${ownAccountsPath}/forgotten`
const newPasswordPath = `${ownAccountsPath}/new-password`

/** Ask for a new password, and set it. No answer here says who has an account. */
export function createForgottenRoutes(deps: RegisterDeps): Router {
  const { pages, returnUrls } = deps
  const router = express.Router()

  router.get(forgottenPath, (request, response) => {
    const back = findWayBack(returnUrls, readQuery(request.url))
    return pages.render(response, 'own-forgotten', { ...frame(request), back })
  })
  router.post(forgottenPath, (request, response) => beginReset(deps, request, response))

  router.get(newPasswordPath, (request, response) => {
    const back = findWayBack(returnUrls, readQuery(request.url))
    return pages.render(response, 'own-new-password', { ...frame(request), id: idIn(request.url), back })
  })
  router.post(newPasswordPath, (request, response) => resetPassword(deps, request, response))
  return router
}

async function beginReset(deps: RegisterDeps, request: Request, response: Response): Promise<void> {
  const { pages, ownAccounts, codeCookie, startLimit, factsOf } = deps
  codeCookie.ensure(request, response)
  const form = await postedForm(request)
  const back = findWayBack(deps.returnUrls, form)
  const email = form.get('email') ?? ''
  try {
    startLimit.requireToken(networkOf(factsOf(request).sourceIp))
    const browser = codeCookie.browserOf(request) ?? ''
    const id = await ownAccounts.beginReset(email, { browser, facts: factsOf(request) })
    response.redirect(303, pathTo(newPasswordPath, back, { id }))
  } catch (error) {
    const usual = { words: refusedWords.password, status: 400 }
    const { notice, status } = refusedOnForm(deps, request, response, error, usual)
    await pages.render(response, 'own-forgotten', { ...frame(request), notice, email, back }, status)
  }
}

async function resetPassword(deps: RegisterDeps, request: Request, response: Response): Promise<void> {
  const { pages, ownAccounts, codeCookie, factsOf } = deps
  const form = await postedForm(request)
  const back = findWayBack(deps.returnUrls, form)
  const [id, code, password] = [form.get('id') ?? '', form.get('code') ?? '', form.get('password') ?? '']
  try {
    const browser = codeCookie.browserOf(request) ?? ''
    await ownAccounts.resetPassword({ id, code, browser, password }, factsOf(request))
    const next =
      back === undefined ? '/?notice=password-set' : pathTo(donePath, back, { deed: 'password-set' })
    response.redirect(303, next)
  } catch (error) {
    const usual = { words: refusedWords.code, status: 403 }
    const { notice, status } = refusedOnForm(deps, request, response, error, usual)
    await pages.render(response, 'own-new-password', { ...frame(request), notice, id, code, back }, status)
  }
}

function frame(request: Request) {
  return { title: 'New password', person: request.session.identity }
}
