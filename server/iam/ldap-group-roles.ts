import { defineAction } from '../aws/action.ts'
import { list, params, structure, text } from '../aws/params.ts'
import { Refusal } from '../base/refusal.ts'
import { dnKey } from '../directory/distinguished-name.ts'
import { findRoleArn } from '../federation/session-request.ts'
import { type GroupRole, readGroupRoles, writeGroupRoles } from '../identity/group-roles.ts'
import type { IamDeps } from './deps.ts'
import * as given from './parameters.ts'

const mostRules = 500

const rule = structure({ GroupDN: text({ min: 1, max: 2048 }), RoleArn: given.arn })

/**
 * Sets which roles people of a directory may have by the groups they are in, in the order of their rank, after those of
 * the configuration. All rules at once: what is left out is gone. Rolecall's own.
 *
 * @throws {Refusal} entity.invalid
 */
export const putLdapGroupRoles = defineAction({
  name: 'PutLDAPGroupRoles',
  auth: 'signed',
  writes: true,
  input: params({ GroupRoles: list(rule, { max: mostRules }) }),
  permission: () => ({ action: 'iam:PutLDAPGroupRoles', resource: '*' }),
  async handle(asked, { settings }: IamDeps) {
    const rules = asked.GroupRoles.map(({ GroupDN, RoleArn }): GroupRole => {
      if (dnKey(GroupDN) === undefined) throw invalid(`${GroupDN} is not a distinguished name`)
      if (findRoleArn(RoleArn) === undefined) throw invalid(`${RoleArn} is not the ARN of a role`)
      return { groupDn: GroupDN, roleArn: RoleArn }
    })
    await writeGroupRoles(settings, rules)
    return {}
  },
})

/** The rules that were set so; those of the configuration are not among them. */
export const getLdapGroupRoles = defineAction({
  name: 'GetLDAPGroupRoles',
  auth: 'signed',
  input: params({}),
  permission: () => ({ action: 'iam:GetLDAPGroupRoles', resource: '*' }),
  async handle(_asked, { settings }: IamDeps) {
    const rules = await readGroupRoles(settings)
    return { GroupRoles: rules.map(({ groupDn, roleArn }) => ({ GroupDN: groupDn, RoleArn: roleArn })) }
  },
})

function invalid(message: string): Refusal {
  return new Refusal('entity.invalid', { said: { message } })
}
