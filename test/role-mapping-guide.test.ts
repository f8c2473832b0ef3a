/** Runs what docs/guides/role-mapping.md tells people to write. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { assumeRole, faultOf } from './support/aws-calls.ts'
import { startRolecall, trusting } from './support/rolecall.ts'
import { postSigned } from './support/signed-form.ts'

const guide = readFileSync(new URL('../docs/guides/role-mapping.md', import.meta.url), 'utf8')
const [, block = ''] = /^```json\n([\s\S]*?)^```$/m.exec(guide) ?? []
const rolecall = await startRolecall()
const issuer = await rolecall.registerIssuer()
const host = issuer.url.replace('http://', '')
const written = JSON.parse(
  block.replaceAll('login.example.com', host).replaceAll('::ACCOUNT:', `::${rolecall.accountId}:`),
)
const roles: string[] = ['admin', 'developer', 'staff', 'visitor']
for (const role of roles) await rolecall.createRole(role, trusting(rolecall.accountId, issuer))

const put = (form: Record<string, string>) =>
  postSigned(rolecall, 'iam', { Action: 'PutProviderRoleMapping', Version: '2010-05-08', ...form })
const rolesWith = async (claims: object) => {
  const token = issuer.sign({ ...claims })
  const taken: string[] = []
  for (const role of roles) {
    const answer = await assumeRole(rolecall, rolecall.roleArn(role), token).catch(error => error)
    if (answer.Credentials !== undefined) taken.push(role)
  }
  return taken
}

describe('the rules of the guide', async () => {
  const { Rules, ...head } = written
  const rules = Rules.flatMap((rule: object, index: number) =>
    Object.entries(rule).map(([name, value]) => [`Rules.member.${index + 1}.${name}`, value]),
  )
  const answer = await put({ ...head, ...Object.fromEntries(rules) })
  assert.equal(answer.status, 200, answer.xml)

  for (const [story, claims, expected] of [
    ['an administrator', { groups: ['x', 'admins'] }, ['admin']],
    ['a developer of the staff', { groups: ['developers'], employee_type: 'own' }, ['developer', 'staff']],
    ['a former developer, whom Contains takes', { groups: ['former-developers'] }, ['developer']],
    ['somebody from outside', { groups: [], employee_type: 'external' }, ['visitor']],
    ['somebody of whom nothing is said', {}, ['visitor']],
    ['somebody in another case', { groups: ['Admins'] }, ['visitor']],
  ] as const) {
    test(`give ${story} ${expected.join(' and ')} alone`, async () =>
      assert.deepEqual(await rolesWith(claims), [...expected]))
  }
})

test('the command of the guide is whole', async () => {
  const [, command = ''] = /^curl ([\s\S]*?)^```$/m.exec(guide) ?? []
  const form = Object.fromEntries(
    [...command.matchAll(/(?:-d|--data-urlencode) "?([\w.]+)=([^\s"]+)"?/g)].map(
      ([, name = '', value = '']) => [
        name,
        value.replace('$ACCOUNT', rolecall.accountId).replace('login.example.com', host),
      ],
    ),
  )
  assert.equal(form.Action, 'PutProviderRoleMapping')
  const answer = await put(form)
  assert.equal(answer.status, 200, answer.xml)
  assert.deepEqual(await rolesWith({ groups: ['admins'] }), ['admin'])
  assert.deepEqual(await rolesWith({ groups: ['developers'] }), [])
  const denied = await faultOf(assumeRole(rolecall, rolecall.roleArn('visitor'), issuer.sign()))
  assert.equal(denied.code, 'AccessDenied')
})
