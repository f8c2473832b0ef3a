import type { Permission } from '../authorization/authorize.ts'
import type { Caller } from '../base/caller.ts'
import type { RequestFacts } from '../base/request-facts.ts'
import { type Form, type Params, readParams } from './params.ts'
import type { XmlValue } from './xml.ts'

/** What an action's handler answers: the members of its result, by their names on the wire. */
export type Result = { readonly [name: string]: XmlValue }

type Common<Input> = { name: string; input: Params<Input> }

type Asked = Permission | readonly [Permission, ...Permission[]]

/** Open to everybody: what it is given is itself the proof. */
export type UnsignedAction<Deps, Input> = Common<Input> & {
  auth: 'none'
  handle(asked: Input, deps: Deps, call: { facts: RequestFacts }): Promise<Result>
}

/** Signed with SigV4. */
export type SignedAction<Deps, Input> = Common<Input> & {
  auth: 'signed'
  /**
   * What the caller's policies must allow, the action's own permission first; absent where AWS asks for none
   * either.
   */
  permission?: (asked: Input, deps: Deps, caller: Caller) => Asked | Promise<Asked>
  /** Changes something: its audit row is durable before it runs. */
  writes?: boolean
  /** What that row says of the change, where the resource alone does not. Nothing secret. */
  recorded?(asked: Input): Readonly<Record<string, unknown>> | undefined
  handle(asked: Input, deps: Deps, call: AuthorizedCall): Promise<Result>
}

export type SignedCall = {
  facts: RequestFacts
  caller: Caller
  /** Says to the caller what the answer has no member for: done as asked, and yet. */
  warn(text: string): void
}

export type AuthorizedCall = SignedCall & {
  /** What the first permission was asked on. A name that was given may mean another thing by now. */
  resource: string
  /** What each permission was asked on, in their order. */
  authorized: readonly string[]
}

/** Types an action; there is nothing else to it. */
export function defineAction<Deps, Input>(action: UnsignedAction<Deps, Input>): UnsignedAction<Deps, Input>
export function defineAction<Deps, Input>(action: SignedAction<Deps, Input>): SignedAction<Deps, Input>
export function defineAction(action: unknown): unknown {
  return action
}

/** An action whose dependencies are in place, waiting for a request. */
export type BoundAction = { name: string } & (
  | { auth: 'none'; read(form: Form): { run(facts: RequestFacts): Promise<Result> } }
  | { auth: 'signed'; writes: boolean; read(form: Form): PreparedCall }
)

/** A signed call whose parameters are sound. */
export type PreparedCall = {
  permissions(caller: Caller): Promise<readonly Permission[]>
  recorded?: Readonly<Record<string, unknown>> | undefined
  run(call: SignedCall): Promise<Result>
}

export function bindAction<Deps, Input>(
  action: UnsignedAction<Deps, Input> | SignedAction<Deps, Input>,
  deps: Deps,
): BoundAction {
  const { name, input } = action
  if (action.auth === 'none') {
    return {
      name,
      auth: 'none',
      read(form) {
        const asked = readParams(input, form)
        return { run: facts => action.handle(asked, deps, { facts }) }
      },
    }
  }
  return {
    name,
    auth: 'signed',
    writes: action.writes === true,
    read(form) {
      const asked = readParams(input, form)
      let authorized: readonly string[] = []
      return {
        async permissions(caller) {
          const permissions = listOf(await action.permission?.(asked, deps, caller))
          authorized = permissions.map(one => one.resource)
          return permissions
        },
        recorded: action.recorded?.(asked),
        run: call => action.handle(asked, deps, { ...call, resource: authorized[0] ?? '*', authorized }),
      }
    },
  }
}

function listOf(asked: Asked | undefined): readonly Permission[] {
  if (asked === undefined) return []
  return 'action' in asked ? [asked] : asked
}
