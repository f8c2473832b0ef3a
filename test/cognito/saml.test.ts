import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoleMapping } from '@aws-sdk/client-cognito-identity'
import { CreateSAMLProviderCommand } from '@aws-sdk/client-iam'
import { AssumeRoleWithSAMLCommand } from '@aws-sdk/client-sts'
import { faultOf } from '../support/aws-calls.ts'
import { makePool, roleOf } from '../support/identity-pool.ts'
import { startRolecall } from '../support/rolecall.ts'
import { type Asked, awsAttributes, createSamlIdp, encode } from '../support/saml-idp.ts'

const rolecall = await startRolecall()
const idp = createSamlIdp()
const { SAMLProviderArn: arn = '' } = await rolecall
  .iam()
  .send(new CreateSAMLProviderCommand({ Name: 'corp', SAMLMetadataDocument: idp.metadata() }))
const pool = await makePool(rolecall, [], { SamlProviderARNs: [arn] })
const other = await makePool(rolecall, [], { SamlProviderARNs: [arn] })
const staff = await rolecall.createRole('staff', pool.trust(arn))
const meant = { recipient: `${rolecall.url}/saml/acs`, audience: `${rolecall.url}/saml/metadata` }

async function respond(asked: Partial<Asked> = {}): Promise<Record<string, string>> {
  const attributes = { ...awsAttributes([staff], arn), Department: ['Research'] }
  return { [arn]: encode(await idp.respond({ ...meant, attributes, ...asked })) }
}

test('a SAML provider’s people show one response for their identity and then for their credentials', async () => {
  const login = await respond()
  const id = await pool.getId(login)
  const { keys } = await pool.credentials(id, login)
  assert.match(await roleOf(rolecall, keys), /^user-/)
  assert.equal(await pool.getId(await respond()), id)
})

test('what one pool has seen is worth nothing in another, nor at AssumeRoleWithSAML, nor the other way round', async () => {
  const login = await respond()
  await pool.getId(login)
  assert.equal((await faultOf(other.getId(login))).message, 'Invalid login token. It was used before.')
  const assume = (SAMLAssertion: string | undefined) =>
    rolecall.sts().send(new AssumeRoleWithSAMLCommand({ RoleArn: staff, PrincipalArn: arn, SAMLAssertion }))
  assert.equal((await faultOf(assume(login[arn]))).code, 'InvalidIdentityToken')
  const later = await respond()
  await faultOf(assume(later[arn]))
  assert.equal((await faultOf(pool.getId(later))).code, 'NotAuthorizedException')
})

test('roles go by its attributes, or are those that it names', async () => {
  const login = await respond({ nameId: 'bea' })
  const id = await pool.getId(login)
  const rule = { Claim: 'Department', MatchType: 'Equals', Value: 'Research', RoleARN: staff } as const
  const deny = { AmbiguousRoleResolution: 'Deny' } as const
  const mappings: RoleMapping[] = [
    { ...deny, Type: 'Rules', RulesConfiguration: { Rules: [rule] } },
    { ...deny, Type: 'Token' },
  ]
  for (const mapping of mappings) {
    await pool.setRoles({ RoleMappings: { [arn]: mapping } })
    assert.equal(await roleOf(rolecall, (await pool.credentials(id, login)).keys), 'staff')
  }
})

test('what nobody has signed is refused', async () => {
  const unsigned = await respond({ signed: 'none' })
  assert.equal((await faultOf(pool.getId(unsigned))).code, 'NotAuthorizedException')
})
