import { dnKey } from '../directory/distinguished-name.ts'
import type { Settings } from '../store/settings.ts'

/** Who is in the group may have the role. */
export type GroupRole = { groupDn: string; roleArn: string }

const setting = 'ldap-group-roles'

/** The rules that were set on the wire. */
export async function readGroupRoles(settings: Pick<Settings, 'find'>): Promise<GroupRole[]> {
  const kept = await settings.find(setting)
  return kept === undefined ? [] : JSON.parse(kept)
}

export function writeGroupRoles(settings: Pick<Settings, 'set'>, rules: readonly GroupRole[]): Promise<void> {
  return settings.set(setting, JSON.stringify(rules))
}

/** The roles of somebody in these groups, in the rules' order. Names of groups are compared as directories do. */
export function rolesOfGroups(rules: readonly GroupRole[], groups: readonly string[]): string[] {
  const keys = new Set(groups.map(dnKey))
  const arns = rules.filter(({ groupDn }) => keys.has(dnKey(groupDn))).map(({ roleArn }) => roleArn)
  return [...new Set(arns)]
}
