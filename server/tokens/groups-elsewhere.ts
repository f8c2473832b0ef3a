import { Refusal } from '../base/refusal.ts'

type Payload = Readonly<Record<string, unknown>>

/**
 * Whether a token says that its groups are to be fetched elsewhere, as Microsoft Entra's do of somebody who is in
 * more than some 200 (`hasgroups` is the short form of it).
 *
 * @see OpenID Connect Core 1.0, section 5.6.2 (distributed claims)
 */
export function namesGroupsElsewhere({ _claim_names: names, hasgroups }: Payload): boolean {
  return hasgroups === true || hasgroups === 'true' || Object.hasOwn(Object(names), 'groups')
}

/**
 * The claims with the groups among them. Without a way to fetch them the token is refused, on every wire: somebody of
 * no known group would pass by each Deny that names one.
 *
 * @throws {Refusal} token.rejected, and what fetching throws
 */
export async function withGroups(
  payload: Payload,
  fetchGroups: (() => Promise<readonly string[]>) | undefined,
): Promise<Payload> {
  if (fetchGroups === undefined) {
    throw new Refusal('token.rejected', { detail: 'its groups are too many to be in it, and are elsewhere' })
  }
  return { ...payload, groups: await fetchGroups() }
}
