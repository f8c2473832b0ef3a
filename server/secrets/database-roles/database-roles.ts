import { defineAction } from '../../aws/action.ts'
import { afterToken, pageOf } from '../../aws/json-pages.ts'
import { integer, list, oneOf, optional, params, text } from '../../aws/params.ts'
import { databaseRoleArn } from '../../base/arn.ts'
import { Refusal } from '../../base/refusal.ts'
import type { DatabaseRole } from '../../store/database-roles.ts'
import { anywhere, onSecret, requireSecret } from '../find-secret.ts'
import * as given from '../parameters.ts'
import type { DatabaseRoleDeps } from './deps.ts'
import { description, onRole, requireRole, roleName } from './find-role.ts'
import { masterArnOf } from './lease-users.ts'
import { requireStatements } from './statement-templates.ts'

/** A day and thirty: as long as a role's own credentials may never live, since nobody is asked meanwhile. */
const mostSeconds = 30 * 86_400
const statements = list(text({ min: 1, max: 4_096 }), { max: 20 })
const seconds = integer({ min: 60, max: mostSeconds })

/**
 * Says how users of a database are made on request. Whoever may do so runs what they like by the master's rights, and
 * must therefore be allowed to read the master's password as well.
 *
 * @throws {Refusal} entity.invalid | entity.missing | secret.state
 */
export const putDatabaseRole = defineAction({
  name: 'PutDatabaseRole',
  auth: 'signed',
  writes: true,
  input: params({
    Name: roleName,
    Engine: oneOf('postgresql', 'mysql'),
    MasterSecretId: given.secretId,
    CreationStatements: list(text({ min: 1, max: 4_096 }), { min: 1, max: 20 }),
    RenewalStatements: optional(statements, []),
    RevocationStatements: optional(statements, []),
    DefaultTtlSeconds: optional(seconds, 3_600),
    MaxTtlSeconds: optional(seconds, 86_400),
    MaxLeases: optional(integer({ min: 1, max: 10_000 }), 100),
    Description: description,
  }),
  permission: async ({ Name, MasterSecretId }, deps: DatabaseRoleDeps) => [
    onRole('PutDatabaseRole', Name, deps),
    await onSecret('GetSecretValue', MasterSecretId, deps),
  ],
  recorded: ({ Engine, MasterSecretId, DefaultTtlSeconds, MaxTtlSeconds, MaxLeases }) => ({
    engine: Engine,
    master: MasterSecretId,
    defaultSeconds: DefaultTtlSeconds,
    maxSeconds: MaxTtlSeconds,
    mostLeases: MaxLeases,
  }),
  async handle(asked, deps, { authorized: [, master = ''] }) {
    const {
      CreationStatements: creation,
      RenewalStatements: renewal,
      RevocationStatements: revocation,
    } = asked
    requireStatements(creation, renewal, revocation)
    if (asked.DefaultTtlSeconds > asked.MaxTtlSeconds) {
      throw new Refusal('entity.invalid', {
        said: { message: 'DefaultTtlSeconds is more than MaxTtlSeconds.' },
      })
    }
    const nowMs = deps.clock()
    const { id } = await requireSecret({ resource: master }, deps)
    await deps.databaseRoles.put({
      name: asked.Name,
      engine: asked.Engine,
      masterSecretId: id,
      statements: { creation, renewal, revocation },
      defaultSeconds: asked.DefaultTtlSeconds,
      maxSeconds: asked.MaxTtlSeconds,
      mostLeases: asked.MaxLeases,
      description: asked.Description,
      createdAtMs: nowMs,
      changedAtMs: nowMs,
    })
    return { ARN: databaseRoleArn(deps.accountId, asked.Name), Name: asked.Name }
  },
})

/** @throws {Refusal} entity.missing */
export const describeDatabaseRole = defineAction({
  name: 'DescribeDatabaseRole',
  auth: 'signed',
  input: params({ Name: roleName }),
  permission: ({ Name }, deps: DatabaseRoleDeps) => onRole('DescribeDatabaseRole', Name, deps),
  handle: async ({ Name }, deps) => wireRole(await requireRole(Name, deps), deps),
})

export const listDatabaseRoles = defineAction({
  name: 'ListDatabaseRoles',
  auth: 'signed',
  input: params({ MaxResults: optional(integer({ min: 1, max: 100 }), 100), NextToken: given.nextToken }),
  permission: () => anywhere('ListDatabaseRoles'),
  async handle({ MaxResults: most, NextToken }, deps: DatabaseRoleDeps) {
    const found = await deps.databaseRoles.list({ after: afterToken(NextToken), most: most + 1 })
    const { items, wire } = pageOf(found, most, ({ name }) => name)
    return { DatabaseRoles: items.map(role => wireRole(role, deps)), ...wire }
  },
})

/** @throws {Refusal} entity.missing | entity.inUse while there are leases of it, whose users it knows how to drop */
export const deleteDatabaseRole = defineAction({
  name: 'DeleteDatabaseRole',
  auth: 'signed',
  writes: true,
  input: params({ Name: roleName }),
  permission: ({ Name }, deps: DatabaseRoleDeps) => onRole('DeleteDatabaseRole', Name, deps),
  async handle({ Name }, deps) {
    await requireRole(Name, deps)
    await deps.databaseRoles.delete(Name)
    return { ARN: databaseRoleArn(deps.accountId, Name), Name }
  },
})

function wireRole(role: DatabaseRole, { accountId }: DatabaseRoleDeps) {
  return {
    ARN: databaseRoleArn(accountId, role.name),
    Name: role.name,
    Engine: role.engine,
    MasterSecretARN: masterArnOf(role, accountId),
    CreationStatements: [...role.statements.creation],
    RenewalStatements: [...role.statements.renewal],
    RevocationStatements: [...role.statements.revocation],
    DefaultTtlSeconds: role.defaultSeconds,
    MaxTtlSeconds: role.maxSeconds,
    MaxLeases: role.mostLeases,
    Description: role.description,
    CreatedDate: role.createdAtMs / 1000,
    LastChangedDate: role.changedAtMs / 1000,
  }
}
