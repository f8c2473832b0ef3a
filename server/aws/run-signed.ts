import type { AuditLog } from '../audit/audit-log.ts'
import { refusedEvent } from '../audit/refused-event.ts'
import type { Authorizer, Permission } from '../authorization/authorize.ts'
import type { Caller } from '../base/caller.ts'
import type { Refusal } from '../base/refusal.ts'
import { eventFacts, type RequestFacts } from '../base/request-facts.ts'
import type { BoundAction, Result, SignedCall } from './action.ts'
import type { Form } from './params.ts'

export type SignedAction = BoundAction & { auth: 'signed' }

export type RunDeps = {
  authorizer: Authorizer
  audit: Pick<AuditLog, 'record' | 'note'>
  log: { error(context: object, message: string): void; info(context: object, message: string): void }
}

/**
 * An action for a caller who is known, over the network or in process: its parameters, every permission, and the audit
 * row of a change before it is made. There is no other way to run one.
 *
 * @throws {Refusal} request.invalid | access.denied | audit.unavailable, and the action's own
 */
export async function runSigned(
  { authorizer, audit }: Pick<RunDeps, 'authorizer' | 'audit'>,
  action: SignedAction,
  form: Form,
  call: SignedCall,
): Promise<Result> {
  const { caller, facts } = call
  const prepared = action.read(form)
  const permissions = await prepared.permissions(caller)
  for (const one of permissions) await authorizer.requirePermission(caller, one, facts)
  if (action.writes) {
    const detail = prepared.recorded
    const event = changeEvent(action.name, facts, caller, permissions[0])
    await audit.record(detail === undefined ? event : { ...event, detail })
  }
  return prepared.run(call)
}

/** A refusal as it is logged and written down, whichever way the call came. */
export function noteRefusal(
  { audit, log }: Pick<RunDeps, 'audit' | 'log'>,
  actionName: string,
  refusal: Refusal,
  facts: RequestFacts,
  caller?: Caller,
): void {
  const { reason, detail, about } = refusal
  log.info({ requestId: facts.requestId, action: actionName, reason, detail, ...about }, 'refused')
  audit.note(refusedEvent(actionName, refusal, facts, caller))
}

/** No answer of AWS's has a member for warnings. */
export function logWarnings(
  { log }: Pick<RunDeps, 'log'>,
  action: string,
  warnings: readonly string[],
  { requestId }: RequestFacts,
): void {
  if (warnings.length > 0) log.info({ requestId, action, warnings }, 'done, with warnings')
}

function changeEvent(event: string, facts: RequestFacts, caller: Caller, permission: Permission | undefined) {
  return {
    ...eventFacts(facts),
    event,
    decision: 'allowed' as const,
    callerArn: caller.arn,
    callerAccessKeyId: caller.accessKeyId,
    ...(permission === undefined ? {} : { resource: permission.resource }),
  }
}
