import express, { type Router } from 'express'
import { networkOf } from '../../http/network-of.ts'
import type { RateLimit } from '../../http/rate-limit.ts'
import { readQuery } from '../../http/read-form.ts'
import type { createBrowserCookie } from '../browser-cookie.ts'
import { postedForm } from '../posted-form.ts'
import { finish, type LogInDeps, ownAccountsPath } from './log-in-routes.ts'
import { noticeOf, refusedWords } from './refusals.ts'

export type RegisterDeps = LogInDeps & {
  /** What is begun in one browser is finished there. */
  codeCookie: ReturnType<typeof createBrowserCookie>
  startLimit: RateLimit
}

const path = {
  register: `${ownAccountsPath}/register`,
  confirm: `${ownAccountsPath}/confirm`,
  forgotten: `${ownAccountsPath}/forgotten`,
  newPassword: `${ownAccountsPath}/new-password`,
}

/** Register and confirm; ask for a new password and set it. No answer here says who has an account. */
export function createRegisterRoutes(deps: RegisterDeps): Router {
  const { pages, ownAccounts, codeCookie, startLimit, factsOf } = deps
  const router = express.Router()

  router.get(path.register, (request, response) =>
    pages.render(response, 'own-register', { title: 'Register', person: request.session.identity }),
  )
  router.post(path.register, async (request, response) => {
    startLimit.requireToken(networkOf(factsOf(request).sourceIp))
    codeCookie.ensure(request, response)
    const form = await postedForm(request)
    const asked = {
      email: form.get('email') ?? '',
      password: form.get('password') ?? '',
      name: form.get('name'),
    }
    try {
      const browser = codeCookie.browserOf(request) ?? ''
      const id = await ownAccounts.register(asked, { browser, facts: factsOf(request) })
      response.redirect(303, `${path.confirm}?id=${id}`)
    } catch (error) {
      const notice = noticeOf(deps, request, error, refusedWords.password)
      const { email, name } = asked
      const locals = { title: 'Register', person: request.session.identity, notice, email, name }
      await pages.render(response, 'own-register', locals, 400)
    }
  })

  router.get(path.confirm, (request, response) =>
    pages.render(response, 'own-code', {
      title: 'Confirm your address',
      person: request.session.identity,
      action: path.confirm,
      id: idIn(request.url),
    }),
  )
  router.post(path.confirm, async (request, response) => {
    const form = await postedForm(request)
    const [id, code] = [form.get('id') ?? '', form.get('code') ?? '']
    try {
      const browser = codeCookie.browserOf(request) ?? ''
      const loggedIn = await ownAccounts.confirm({ id, code, browser }, factsOf(request))
      await finish(deps, request, response, loggedIn)
    } catch (error) {
      const notice = noticeOf(deps, request, error, refusedWords.code)
      const locals = {
        title: 'Confirm your address',
        person: request.session.identity,
        notice,
        action: path.confirm,
        id,
      }
      await pages.render(response, 'own-code', locals, 403)
    }
  })

  router.get(path.forgotten, (request, response) =>
    pages.render(response, 'own-forgotten', { title: 'New password', person: request.session.identity }),
  )
  router.post(path.forgotten, async (request, response) => {
    startLimit.requireToken(networkOf(factsOf(request).sourceIp))
    codeCookie.ensure(request, response)
    const form = await postedForm(request)
    const email = form.get('email') ?? ''
    try {
      const browser = codeCookie.browserOf(request) ?? ''
      const id = await ownAccounts.beginReset(email, { browser, facts: factsOf(request) })
      response.redirect(303, `${path.newPassword}?id=${id}`)
    } catch (error) {
      const notice = noticeOf(deps, request, error, refusedWords.password)
      const locals = { title: 'New password', person: request.session.identity, notice, email }
      await pages.render(response, 'own-forgotten', locals, 400)
    }
  })

  router.get(path.newPassword, (request, response) =>
    pages.render(response, 'own-new-password', {
      title: 'New password',
      person: request.session.identity,
      id: idIn(request.url),
    }),
  )
  router.post(path.newPassword, async (request, response) => {
    const form = await postedForm(request)
    const [id, code, password] = [form.get('id') ?? '', form.get('code') ?? '', form.get('password') ?? '']
    try {
      const browser = codeCookie.browserOf(request) ?? ''
      await ownAccounts.resetPassword({ id, code, browser, password }, factsOf(request))
      response.redirect(303, '/?notice=password-set')
    } catch (error) {
      const notice = noticeOf(deps, request, error, refusedWords.code)
      const locals = { title: 'New password', person: request.session.identity, notice, id, code }
      await pages.render(response, 'own-new-password', locals, 403)
    }
  })
  return router
}

export function idIn(url: string): string {
  const id = readQuery(url).get('id') ?? ''
  return /^[\w-]{22}$/.test(id) ? id : ''
}
