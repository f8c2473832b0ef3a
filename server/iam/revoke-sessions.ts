import { defineAction } from '../aws/action.ts'
import { optional, params, time } from '../aws/params.ts'
import { toSeconds } from '../base/clock.ts'
import { Refusal } from '../base/refusal.ts'
import { longestSessionMs, personKey, type Revocation } from '../store/revocations.ts'
import type { IamDeps } from './deps.ts'
import { requireHolder, role, user } from './holders.ts'
import * as given from './parameters.ts'
import { on } from './permissions.ts'

type Asked = {
  AccessKeyId: string | undefined
  RoleName: string | undefined
  UserName: string | undefined
  Issuer: string | undefined
  Subject: string | undefined
  PersonId: string | undefined
}

/**
 * Ends sessions at once, on every node, and all that were got by them along chains of roles: one (by its access key
 * id, or by the long-term key that they came from), all of a role or a user, or all of a person, by one way in or by
 * all that they have linked, with what identity pools gave for it; as far as they were issued up to `Before` (now unless
 * it is set). Rolecall's own: AWS has a policy on `aws:TokenIssueTime` for it, which no chain heeds.
 *
 * @throws {Refusal} request.invalid | entity.missing
 */
export const revokeSessions = defineAction({
  name: 'RevokeSessions',
  auth: 'signed',
  writes: true,
  input: params({
    AccessKeyId: optional(given.uniqueId),
    RoleName: optional(given.roleName),
    UserName: optional(given.existingName),
    Issuer: optional(given.issuer),
    Subject: optional(given.subject),
    PersonId: optional(given.uniqueId),
    Before: optional(time()),
  }),
  async permission(asked, deps: IamDeps) {
    if (asked.RoleName !== undefined) return on(role, 'RevokeSessions', asked.RoleName, deps)
    if (asked.UserName !== undefined) return on(user, 'RevokeSessions', asked.UserName, deps)
    return { action: 'iam:RevokeSessions', resource: '*' }
  },
  recorded: ({ AccessKeyId, Issuer, Subject, PersonId, Before }) => ({
    ...(AccessKeyId === undefined ? {} : { accessKeyId: AccessKeyId }),
    ...(PersonId === undefined ? {} : { person: PersonId }),
    ...(Issuer === undefined ? {} : { way: { issuer: Issuer, subject: Subject } }),
    ...(Before === undefined ? {} : { before: new Date(Before).toISOString() }),
  }),
  async handle({ Before, ...asked }, deps) {
    const nowMs = deps.clock()
    if (Before !== undefined && Before > nowMs) throw invalid('Before must not be in the future')
    const until = { untilSeconds: toSeconds(Before ?? nowMs), expiresAtMs: nowMs + longestSessionMs }
    const { subjects, ways } = await readNamed(asked, deps)
    const end = (subject: Subject) => deps.revocations.add({ ...subject, ...until })
    for (const subject of [...subjects, ...ways.map(asSubject)]) await end(subject)
    // After the ways themselves, which open no pool any more.
    for (const way of ways) for (const name of await deps.alsoKnownAs(way)) await end(asSubject(name))
    return {}
  },
})

type Subject = Pick<Revocation, 'kind' | 'subject'>
type Way = { issuer: string; subject: string }
type Named = { subjects: readonly Subject[]; ways: readonly Way[] }

async function readNamed(asked: Asked, deps: IamDeps): Promise<Named> {
  const { AccessKeyId, RoleName, UserName, Issuer, Subject, PersonId } = asked
  const isWay = Issuer !== undefined || Subject !== undefined
  const named = [AccessKeyId, RoleName, UserName, PersonId].filter(one => one !== undefined).length
  if (named + (isWay ? 1 : 0) !== 1) {
    throw invalid('One of AccessKeyId, RoleName, UserName, PersonId, or Issuer with Subject must be given')
  }
  if (isWay) {
    if (Issuer === undefined || Subject === undefined) throw invalid('Issuer and Subject go together')
    return { subjects: [], ways: [{ issuer: Issuer, subject: Subject }] }
  }
  if (PersonId !== undefined) return ofPerson(PersonId, deps)
  if (AccessKeyId !== undefined) return just({ kind: 'accessKey', subject: AccessKeyId })
  if (RoleName !== undefined) {
    return just({ kind: 'principal', subject: (await requireHolder(role, RoleName, deps)).id })
  }
  return just({ kind: 'principal', subject: (await requireHolder(user, UserName ?? '', deps)).id })
}

function just(subject: Subject): Named {
  return { subjects: [subject], ways: [] }
}

/** Also by each way: what somebody got before they linked it does not know whose it is. */
async function ofPerson(personId: string, { people }: IamDeps): Promise<Named> {
  const ways = await people.ways(personId)
  if (ways.length === 0) {
    throw new Refusal('entity.missing', { said: { message: `There is no person ${personId}.` } })
  }
  return { subjects: [{ kind: 'person', subject: personId }], ways }
}

function asSubject(way: Way): Subject {
  return { kind: 'person', subject: personKey(way) }
}

function invalid(message: string): Refusal {
  return new Refusal('request.invalid', { said: { message } })
}
