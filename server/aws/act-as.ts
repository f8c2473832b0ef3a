import { region } from '../base/arn.ts'
import type { Caller } from '../base/caller.ts'
import { type Reason, Refusal, type Said } from '../base/refusal.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import type { Session } from '../base/session.ts'
import type { SessionCallers } from '../credentials/session-caller.ts'
import type { Result } from './action.ts'
import { flattenMembers } from './json-protocol.ts'
import type { Services } from './read-call.ts'
import { logWarnings, noteRefusal, type RunDeps, runSigned, type SignedAction } from './run-signed.ts'
import type { AwsService } from './wire.ts'

/**
 * Acts as a session within this process, without its credentials: for pages, which have the facts of a session and no
 * secret. Whoever hands one in has seen that it is this browser's.
 *
 * @throws {Refusal} session.expired | session.ended
 */
export type ActAs = (session: Session, facts: RequestFacts) => Promise<Acting>

export type Acting = {
  caller: Caller
  /**
   * Runs an action with the parameters that the wire has for it, lists and structures as JSON writes them. All that the
   * session may not do over the wire it may not do here.
   *
   * @param action by service, as policies name it: `iam:ListRoles`
   * @param warn is told what the answer has no member for
   * @throws {CallRefused} for every refusal, which is written down then
   */
  call(action: ActionName, input?: CallInput, warn?: (text: string) => void): Promise<Result>
  /** Whether there is such an action at all, whoever may do it: for pages about what not every service has. */
  offers(action: ActionName): boolean
}

export type ActionName = `${string}:${string}`
export type CallInput = Readonly<Record<string, unknown>>

export type ActAsDeps = Services & RunDeps & { sessionCallers: SessionCallers }

/** A known no of an action, in its service's own words. It is in the log and the audit log already. */
export class CallRefused extends Error {
  readonly action: ActionName
  readonly reason: Reason
  /** Of `access.denied`: principal, action, resource, why, and the whole story, sealed. */
  readonly said: Said

  constructor(action: ActionName, { reason, said }: Refusal, { faults }: AwsService) {
    const [, , message] = faults[reason]
    super(typeof message === 'string' ? message : message(said))
    this.name = 'CallRefused'
    this.action = action
    this.reason = reason
    this.said = said
  }
}

export function createActAs(deps: ActAsDeps): ActAs {
  return async (session, facts) => {
    const caller = await deps.sessionCallers.require(session)
    return {
      caller,
      offers: action => lookUp(deps, action) !== undefined,
      async call(action, input = {}, warn = () => undefined) {
        const found = findAction(deps, action)
        try {
          return await run(deps, session, found, input, facts, warn)
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
          noteRefusal(deps, found.action.name, error, facts, caller)
          throw new CallRefused(action, error, found.service)
        }
      },
    }
  }
}

type Found = { service: AwsService; action: SignedAction }

/** Asks anew whether the session lives: what ended it may have been this page's call before. */
async function run(
  deps: ActAsDeps,
  session: Session,
  { service, action }: Found,
  input: CallInput,
  facts: RequestFacts,
  warn: (text: string) => void,
): Promise<Result> {
  const caller = await deps.sessionCallers.require(session)
  deps.sessionCallers.noteUse(session, service.name, region)
  const warnings: string[] = []
  const call = { facts, caller, warn: (text: string) => void warnings.push(text) }
  const result = await runSigned(deps, action, flattenMembers(input), call)
  logWarnings(deps, action.name, warnings, facts)
  for (const warning of warnings) warn(warning)
  return result
}

/** What is missing is a page's mistake, not a caller's. */
function findAction(services: Services, named: ActionName): Found {
  const found = lookUp(services, named)
  if (found === undefined) throw new TypeError(`no signed action ${named}`)
  return found
}

function lookUp({ services, jsonServices }: Services, named: ActionName): Found | undefined {
  const [serviceName = '', actionName = ''] = named.split(':')
  const service = [...services, ...jsonServices].find(one => one.name === serviceName)
  const action = service?.actions.get(actionName)
  return service === undefined || action?.auth !== 'signed' ? undefined : { service, action }
}
