import type { Client } from 'ldapts'
import { ldapProviderArn } from '../../base/arn.ts'
import { Refusal } from '../../base/refusal.ts'
import { createDirectory, type DirectoryPerson, idsOf } from '../../directory/directory.ts'
import { type Found, findPerson } from '../../directory/find-person.ts'
import { readGroupRoles, rolesOfGroups } from '../../identity/group-roles.ts'
import { identityFromDirectory } from '../../identity/identity-from-directory.ts'
import type { Asked, ProviderTestDeps } from '../deps.ts'
import { roleSteps } from '../proof-steps.ts'
import { ok, problem, type Step, skipped } from '../step.ts'
import { type Described, filterSetting, sayLdap } from './directory-steps.ts'

const mostGroupsTold = 20

/** Whom a name means, whether they may sign in, which groups they are in, and which roles that leads to. */
export async function* personSteps(
  client: Client,
  described: Described,
  deps: ProviderTestDeps,
  asked: Asked,
): AsyncGenerator<Step> {
  const { settings } = described
  const check = 'Person'
  let found: Found
  try {
    found = await findPerson(client, settings, asked.user ?? 'rolecall-provider-test')
  } catch (error) {
    yield problem(
      check,
      `The search fails: ${sayLdap(error)}`,
      `Correct ${filterSetting(settings, 'person')}.`,
    )
    return
  }
  if (asked.user === undefined) {
    yield skipped(check, 'The search works. Name somebody to look up (--user NAME).')
    return
  }
  if (found.entry === undefined) {
    const change = `Compare the name with LDAP_BASE_DN and ${filterSetting(settings, 'person')}.`
    yield problem(check, `${asked.user} is nobody who could log in: ${found.why}.`, change)
    return
  }
  yield ok(check, `${asked.user} is ${found.entry.dn}.`)
  const { id } = idsOf(found.entry, settings.kind)
  if (id === undefined) {
    const what = settings.kind === 'ad' ? 'objectGUID' : 'entryUUID'
    yield problem('Account', `Its ${what} can’t be read.`, `Let the account of LDAP_BIND_DN read ${what}.`)
    return
  }
  const person = yield* accountSteps(id, described, deps)
  if (person !== undefined) yield* groupSteps(person, described, deps, asked)
}

/** By the code that looks people up who have sessions. */
async function* accountSteps(
  id: string,
  { settings }: Described,
  { clock }: ProviderTestDeps,
): AsyncGenerator<Step, DirectoryPerson | undefined> {
  const check = 'Account'
  const directory = createDirectory(settings, clock, { warn: () => undefined })
  try {
    const person = await directory.lookAgain(id)
    if ('gone' in person) {
      yield problem(
        check,
        `May not sign in: ${person.gone}.`,
        'Have the directory’s operator look at the account.',
      )
      return undefined
    }
    yield ok(check, `Active, known as ${person.username}, identifier ${person.id}.`)
    return person
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const change = `See what the account of LDAP_BIND_DN may read, and ${filterSetting(settings, 'group')}.`
    yield problem(check, `It can’t be read whole: ${error.detail}.`, change)
    return undefined
  } finally {
    await directory.close()
  }
}

async function* groupSteps(
  person: DirectoryPerson,
  { name, settings, groupRoles }: Described,
  deps: ProviderTestDeps,
  asked: Asked,
): AsyncGenerator<Step> {
  const { groups } = person
  const told = groups.slice(0, mostGroupsTold).join('; ')
  const more = groups.length > mostGroupsTold ? ` and ${groups.length - mostGroupsTold} more` : ''
  yield groups.length === 0
    ? skipped(
        'Groups',
        `In none that ${filterSetting(settings, 'group')} finds below ${settings.groupBaseDn}.`,
      )
    : ok('Groups', `${groups.length}: ${told}${more}`)
  const rules = [...groupRoles, ...(await readGroupRoles(deps.store.settings))]
  const onlyRoles = rules.length === 0 ? undefined : rolesOfGroups(rules, groups)
  yield ruleStep(rules.length, onlyRoles)
  const names = { providerArn: ldapProviderArn(deps.accountId, name), providerName: name }
  yield* roleSteps(identityFromDirectory(person, names, onlyRoles), deps, asked)
}

function ruleStep(count: number, onlyRoles: readonly string[] | undefined): Step {
  const check = 'Rules for groups'
  if (onlyRoles === undefined) return ok(check, 'There are none: the trust policies alone decide.')
  if (onlyRoles.length > 0) return ok(check, `Of ${count} rules these apply: ${onlyRoles.join(', ')}`)
  const change =
    'Add a rule for one of the groups above (LDAP_GROUP_ROLES, or PutLDAPGroupRoles on the wire).'
  return problem(check, `None of the ${count} rules is for a group of theirs.`, change)
}
