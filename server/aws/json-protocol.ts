import { Refusal, type Said } from '../base/refusal.ts'
import { parseStrictObject } from '../base/strict-json.ts'
import type { BoundAction, Result } from './action.ts'
import type { AllFaults, Fault } from './faults.ts'
import { escapeName } from './member-name.ts'
import type { Form } from './params.ts'

/** A service as the JSON protocol addresses it: `X-Amz-Target: TARGET.Action`. */
export type JsonService = {
  /** As in the credential scope: `cloudtrail`. */
  name: string
  /** `CloudTrail_20131101`; some clients write Java's package before it. */
  target: string
  actions: ReadonlyMap<string, BoundAction>
  faults: AllFaults
  /** Whether a fault's text is in a member `Message` as well, where older clients look. */
  saysMessageTwice?: boolean
}

/** @throws {Refusal} request.unknownAction */
export function findJsonAction(
  services: readonly JsonService[],
  target: string,
): { service: JsonService; action: BoundAction } {
  const at = target.lastIndexOf('.')
  const [named, name] = [target.slice(0, at), target.slice(at + 1)]
  const service = services.find(one => named === one.target || named.endsWith(`.${one.target}`))
  const action = service?.actions.get(name)
  if (service === undefined || action === undefined) {
    const message = `Could not find operation ${target.slice(0, 100)}`
    throw new Refusal('request.unknownAction', { said: { message } })
  }
  return { service, action }
}

/** A pool may have ten providers with 25 rules of four members each. */
const mostMembers = 1_500
const deepest = 8
/**
 * Keys of maps have at most 128 characters, which may be five each once escaped. All paths below a name repeat it: one
 * long name would make gigabytes of a small body, before anybody is asked who they are.
 */
const longestPath = 1_024

/**
 * A JSON body in the flat form of the Query protocol, `Attributes.member.1.Key` and so on, so that both are read by
 * the same parameters. What is null is absent; what was no text is remembered as such; a map's keys are escaped (`escapeName`).
 *
 * @throws {Refusal} request.malformed
 */
export function flattenJson(text: string): Form {
  return flattenMembers(parse(text))
}

/** @throws {Refusal} request.malformed for too many */
export function flattenMembers(members: unknown): Form {
  const form = new Map<string, string>()
  const notText = new Set<string>()
  const putOther = (path: string, text: string) => {
    notText.add(path)
    form.set(path, text)
  }
  const put = (value: unknown, path: string, depth: number): void => {
    if (value === null || value === undefined) return
    if (depth > deepest || form.size > mostMembers) throw malformed('too many members')
    if (Array.isArray(value)) {
      if (value.length === 0) putOther(path, '')
      for (const [n, member] of value.entries()) put(member, `${path}.member.${n + 1}`, depth + 1)
    } else if (typeof value === 'object') {
      const members = Object.entries(value)
      if (members.length === 0 && path !== '') putOther(path, '')
      for (const [name, member] of members) {
        if (name.length > longestPath) throw malformed('a long name')
        const escaped = escapeName(name)
        if (path.length + escaped.length > longestPath) throw malformed('a long name')
        put(member, path === '' ? escaped : `${path}.${escaped}`, depth + 1)
      }
    } else if (typeof value === 'string') form.set(path, value)
    else putOther(path, String(value))
  }
  put(members, '', 0)
  return Object.assign(form, { notText })
}

function parse(text: string): unknown {
  try {
    return text === '' ? {} : parseStrictObject(text)
  } catch {
    throw malformed('no JSON object')
  }
}

export function renderJsonResult(result: Result): string {
  return JSON.stringify(result, (_name, value) => (value instanceof Map ? Object.fromEntries(value) : value))
}

export function renderJsonFault([code, , message]: Fault, said: Said, saysTwice = false): string {
  const text = typeof message === 'string' ? message : message(said)
  return JSON.stringify({ __type: code, message: text, ...(saysTwice ? { Message: text } : {}) })
}

function malformed(detail: string): Refusal {
  return new Refusal('request.malformed', { detail })
}
