import type { Request, Response } from 'express'
import type { OwnAccounts } from '../../accounts/own-accounts.ts'
import type { Clock } from '../../base/clock.ts'
import type { Account } from '../../store/accounts.ts'
import { beginErrand, isFresh } from '../errands.ts'

export const ownPath = '/account/own'

type OwnDeps = { ownAccounts: OwnAccounts; clock: Clock }

/** The account of who is signed in; for everybody else the browser is sent away, and the answer is undefined. */
export async function ownAccountOf(
  { ownAccounts }: OwnDeps,
  request: Request,
  response: Response,
): Promise<Account | undefined> {
  const { identity } = request.session
  const account = identity && (await ownAccounts.find(identity))
  if (account === undefined) response.redirect(303, identity === undefined ? '/?notice=required' : '/account')
  return account
}

/** The same for what wants a sign-in that is new: an open browser that was left alone is not one. */
export async function freshAccountOf(
  deps: OwnDeps,
  request: Request,
  response: Response,
): Promise<Account | undefined> {
  const account = await ownAccountOf(deps, request, response)
  if (account === undefined || isFresh(request.session, deps.clock)) return account
  beginErrand(request.session, { purpose: 'again' }, deps.clock)
  response.redirect(303, '/account/sign-in')
  return undefined
}
