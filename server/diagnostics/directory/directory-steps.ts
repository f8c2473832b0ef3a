import type { Client } from 'ldapts'
import { isAnswer } from '../../directory/connections.ts'
import type { DirectorySettings } from '../../directory/settings.ts'
import type { Asked, ProviderTestDeps } from '../deps.ts'
import { ok, problem, type Step, skipped } from '../step.ts'
import { personSteps } from './person-steps.ts'
import { serverSteps } from './server-steps.ts'

export type Described = NonNullable<ProviderTestDeps['directory']>

/** Walks every server of a directory through, then asks the first that answers about people. */
export async function* directorySteps(
  described: Described,
  deps: ProviderTestDeps,
  asked: Asked,
): AsyncGenerator<Step> {
  const { settings } = described
  let first: Client | undefined
  try {
    for (const url of settings.urls) {
      const client = yield* serverSteps(url, settings, deps.clock)
      if (first === undefined) first = client
      else await client?.unbind()
    }
    if (first === undefined) {
      yield skipped('People', 'No server answers.')
      return
    }
    yield await baseStep(first, 'LDAP_BASE_DN', settings.baseDn)
    if (settings.groupBaseDn !== settings.baseDn) {
      yield await baseStep(first, 'LDAP_GROUP_BASE_DN', settings.groupBaseDn)
    }
    yield* personSteps(first, described, deps, asked)
  } finally {
    await first?.unbind().catch(() => undefined)
  }
}

async function baseStep(client: Client, setting: string, dn: string): Promise<Step> {
  const change = `Correct ${setting}, or let the account of LDAP_BIND_DN read it.`
  try {
    const { searchEntries } = await client.search(dn, { scope: 'base', attributes: ['1.1'] })
    return searchEntries.length > 0
      ? ok(setting, `${dn} is there.`)
      : problem(setting, `${dn} can’t be read by us.`, change)
  } catch (error) {
    return problem(setting, `${dn}: ${sayLdap(error)}`, change)
  }
}

/** What a server or the network said, as a sentence. @see RFC 4511, appendix A (result codes) */
export function sayLdap(error: unknown): string {
  const message = error instanceof Error ? error.message.replace(/\s+/g, ' ').trim() : String(error)
  if (!isAnswer(error)) return `it does not answer (${message}).`
  const known: Readonly<Record<number, string>> = {
    32: 'there is no such entry',
    34: 'that is not a distinguished name',
    49: 'the name or the password is refused',
    50: 'we may not',
    87: 'the filter can’t be used',
  }
  return `${known[error.code] ?? 'it says no'} (${error.code}: ${message}).`
}

/** Where the groups' rules and filters are set, for whoever changes them. */
export function filterSetting(settings: DirectorySettings, which: 'person' | 'group'): string {
  return which === 'person'
    ? `LDAP_PERSON_FILTER (${settings.personFilter})`
    : `LDAP_GROUP_FILTER (${settings.groupFilter})`
}
