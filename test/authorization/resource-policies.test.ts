import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAuthorizer, type Permission } from '../../server/authorization/authorize.ts'
import { newId } from '../../server/base/ids.ts'
import { parsePolicy } from '../../server/policy/parse-policy.ts'
import { accountId, composeGate, documentOf, facts } from '../federation/compose-gate.ts'
import { refusalOf } from '../support/refusal-of.ts'
import { sessionCaller } from './callers.ts'

const { store, keyring, createRole } = await composeGate()
const authorizer = createAuthorizer({ ...store, keyring })
const get: Permission = { action: 'iam:GetRole', resource: `arn:aws:iam::${accountId}:role/reader` }

let count = 0
async function roleWith(documents: string[]): Promise<string> {
  const id = newId('AROA')
  await createRole(`role-${count++}`, { id })
  for (const document of documents) await store.principalPolicies.putInline(id, 'work', document)
  return id
}

const ask = (roleId: string, permission: Permission) =>
  authorizer.requirePermission(sessionCaller(roleId), permission, facts)

async function whyNot(roleId: string, permission: Permission): Promise<string> {
  const { reason, said } = await refusalOf(ask(roleId, permission))
  assert.equal(reason, 'access.denied')
  return said.why ?? ''
}

const policy = (statement: object) =>
  parsePolicy(documentOf({ Action: '*', Resource: '*', ...statement }), 'resource')
const admitting = (AWS: string): Permission => ({
  ...get,
  resourcePolicy: policy({ Effect: 'Allow', Principal: { AWS } }),
})

test('whom a resource’s policy names of another account is nobody here, also by the same name', async () => {
  const roleId = await roleWith([])
  const { arn, roleArn } = sessionCaller(roleId)
  for (const own of [arn, roleArn]) {
    await ask(roleId, admitting(own))
    const foreign = own.replace(accountId, '999999999999')
    assert.match(await whyNot(roleId, admitting(foreign)), /no identity-based policy/)
  }
  for (const account of ['999999999999', 'arn:aws:iam::999999999999:root'])
    assert.match(await whyNot(roleId, admitting(account)), /no identity-based policy/)
})

test('a role or a session that is named is the one of the role that had the name then', async () => {
  const roleId = await roleWith([])
  const { arn, roleArn } = sessionCaller(roleId)
  for (const named of [arn, roleArn]) {
    await ask(roleId, { ...admitting(named), meantIds: { [named]: roleId } })
    await whyNot(roleId, { ...admitting(named), meantIds: { [named]: 'AROAANOTHER' } })
  }
})

test('who names a thing is refused by that name, and not told of a policy that the thing has', async () => {
  const permission = { ...get, named: 'reader', resourcePolicy: policy({ Effect: 'Deny', Principal: '*' }) }
  const stranger = await roleWith([])
  assert.equal((await refusalOf(ask(stranger, permission))).said.resource, 'reader')
  assert.match(await whyNot(stranger, permission), /^because no identity-based policy allows/)
  const entitled = await roleWith([documentOf({ Effect: 'Allow', Action: '*', Resource: '*' })])
  assert.match(await whyNot(entitled, permission), /^with an explicit deny in a resource-based policy/)
})
