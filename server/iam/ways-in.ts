import { defineAction } from '../aws/action.ts'
import { optional, params } from '../aws/params.ts'
import { personArn } from '../base/arn.ts'
import { Refusal } from '../base/refusal.ts'
import type { LinkedWay } from '../store/people.ts'
import type { IamDeps } from './deps.ts'
import * as given from './parameters.ts'
import { wireDate } from './shapes.ts'

type Named = { PersonId: string | undefined; Issuer: string | undefined; Subject: string | undefined }

/**
 * Somebody's linked ways in, found by their id or by one of the ways, in the order in which they were linked. Rolecall's
 * own.
 *
 * @throws {Refusal} request.invalid | entity.missing, also for a way that is linked with no other
 */
export const listWaysIn = defineAction({
  name: 'ListWaysIn',
  auth: 'signed',
  input: params({
    PersonId: optional(given.uniqueId),
    Issuer: optional(given.issuer),
    Subject: optional(given.subject),
  }),
  // By a way it is on everybody: a denial that named whose it is would have said it.
  permission: ({ PersonId }, { accountId }: IamDeps) => ({
    action: 'iam:ListWaysIn',
    resource: PersonId === undefined ? '*' : personArn(accountId, PersonId),
  }),
  async handle(asked, deps) {
    const people = await findPeople(asked, deps)
    const [personId] = people
    // A stand-in may vouch for the same subject as the provider whose part it takes: whose is asked for is then unclear.
    if (people.length > 1) throw invalid('Two people have such a way in, one by a stand-in: give a PersonId')
    const ways = personId === undefined ? [] : await deps.people.ways(personId)
    if (personId === undefined || ways.length === 0)
      throw missing('There is no such person with linked ways in.')
    return { PersonId: personId, Arn: personArn(deps.accountId, personId), WaysIn: ways.map(wireWay) }
  },
})

/**
 * Takes a way in off its person, whose others stay: for one that is lost or in somebody else's hands, which its owner
 * can't show to unlink it themselves. What was got by it as that person ends at once on every node; the last way stays.
 * Rolecall's own.
 *
 * @throws {Refusal} entity.missing | entity.inUse for the last
 */
export const unlinkWayIn = defineAction({
  name: 'UnlinkWayIn',
  auth: 'signed',
  writes: true,
  input: params({ PersonId: given.uniqueId, Issuer: given.issuer, Subject: given.subject }),
  permission: ({ PersonId }, { accountId }: IamDeps) => ({
    action: 'iam:UnlinkWayIn',
    resource: personArn(accountId, PersonId),
  }),
  recorded: ({ PersonId, Issuer, Subject }) => ({
    person: PersonId,
    way: { issuer: Issuer, subject: Subject },
  }),
  async handle({ PersonId, Issuer, Subject }, { people }) {
    const ways = await people.ways(PersonId)
    const way = ways.find(one => one.issuer === Issuer && one.subject === Subject)
    if (way === undefined) throw missing(`${PersonId} has no such way in.`)
    await people.unlink(PersonId, way)
    return {}
  },
})

/** @throws {Refusal} request.invalid */
async function findPeople({ PersonId, Issuer, Subject }: Named, { people }: IamDeps): Promise<string[]> {
  if (PersonId !== undefined && Issuer === undefined && Subject === undefined) return [PersonId]
  if (PersonId !== undefined || Issuer === undefined || Subject === undefined) {
    throw invalid('Either PersonId, or Issuer with Subject must be given')
  }
  const way = { issuer: Issuer, subject: Subject }
  const found = [await people.find({ ...way, demo: false }), await people.find({ ...way, demo: true })]
  return found.flatMap(person => person?.id ?? [])
}

function wireWay({ issuer, subject, kind, linkedAtMs, lastSeenAtMs, demo }: LinkedWay) {
  return {
    Issuer: issuer,
    Subject: subject,
    Kind: kind,
    ...(demo ? { StandIn: true } : {}),
    LinkDate: wireDate(linkedAtMs),
    ...(lastSeenAtMs === undefined ? {} : { LastUsedDate: wireDate(lastSeenAtMs) }),
  }
}

function invalid(message: string): Refusal {
  return new Refusal('request.invalid', { said: { message } })
}

function missing(message: string): Refusal {
  return new Refusal('entity.missing', { said: { message } })
}
