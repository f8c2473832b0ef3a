import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as sdk from '@aws-sdk/client-iam'
import { lint } from '../../server/policy/lint/lint.ts'
import { allow, faultOf, policyOf } from '../support/aws-calls.ts'
import { startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const iam = rolecall.iam()
const issuer = 'https://issuer.example'
await rolecall.createRole('standing', trusting(rolecall.accountId, { url: issuer }))

/** The header of the latest answer, as whoever adds a step to the SDK's own reads it. */
let heard: string | undefined
iam.middlewareStack.add(
  next => async args => {
    const answer = await next(args)
    const { headers } = Object(answer.response)
    heard = headers['x-rolecall-warning']
    return answer
  },
  { step: 'deserialize', priority: 'low' },
)

let count = 0
const fresh = () => `fresh-${count++}`
const everyRole = allow('iam:PassRole')

const writers: Record<string, (PolicyDocument: string) => Promise<unknown>> = {
  CreatePolicy: PolicyDocument =>
    iam.send(new sdk.CreatePolicyCommand({ PolicyName: fresh(), PolicyDocument })),
  PutRolePolicy: PolicyDocument =>
    iam.send(new sdk.PutRolePolicyCommand({ RoleName: 'standing', PolicyName: 'work', PolicyDocument })),
}
for (const [action, write] of Object.entries(writers)) {
  test(`${action} takes a risky policy, and says in a header what the risk is`, async () => {
    await write(policyOf(everyRole))
    assert.match(heard ?? '', /^security pass-every-role Statement\[0\]/)
  })

  test(`${action} has no warning for a sound policy`, async () => {
    await write(policyOf(allow('iam:GetRole', `arn:aws:iam::${rolecall.accountId}:role/standing`)))
    assert.equal(heard, undefined)
  })
}

const openTrust = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: 'accounts.google.com' },
      Action: 'sts:AssumeRoleWithWebIdentity',
    },
  ],
})
const trustWriters: Record<string, () => Promise<unknown>> = {
  CreateRole: () =>
    iam.send(new sdk.CreateRoleCommand({ RoleName: fresh(), AssumeRolePolicyDocument: openTrust })),
  UpdateAssumeRolePolicy: () =>
    iam.send(new sdk.UpdateAssumeRolePolicyCommand({ RoleName: 'standing', PolicyDocument: openTrust })),
}
for (const [action, write] of Object.entries(trustWriters)) {
  test(`${action} warns of a role that all of Google may take`, async () => {
    await write()
    assert.match(heard ?? '', /security trust-no-audience/)
  })
}

test('what a warning quotes can neither end the header nor begin another', async () => {
  await writers.CreatePolicy?.(
    policyOf(allow('iam:GetRole', 'arn:aws:iam::12\r\nset-cookie: a=b \u00e9:role/x')),
  )
  assert.match(heard ?? '', /warning arn-account/)
  assert.match(heard ?? '', /set-cookie/)
  assert.match(heard ?? '', /^[\x20-\x7e]+$/)
})

test('a policy with a thousand flaws is warned of in a few lines', async () => {
  await writers.CreatePolicy?.(policyOf(...Array.from({ length: 60 }, () => everyRole)))
  assert.ok((heard ?? '').length < 10 * 510)
  assert.equal((heard ?? '').match(/pass-every-role/g)?.length, 10)
})

test('an error refuses the policy, and nothing of it is written', async () => {
  const PolicyName = fresh()
  const PolicyDocument = policyOf({ ...everyRole, Condition: { StringSame: {} } })
  const { code } = await faultOf(iam.send(new sdk.CreatePolicyCommand({ PolicyName, PolicyDocument })))
  assert.equal(code, 'MalformedPolicyDocument')
  const PolicyArn = `arn:aws:iam::${rolecall.accountId}:policy/${PolicyName}`
  assert.equal((await faultOf(iam.send(new sdk.GetPolicyCommand({ PolicyArn })))).code, 'NoSuchEntity')
})

test('the trust policy that the tests’ own roles have is without risk', () => {
  const trust = trusting(rolecall.accountId, { url: issuer })
  const risks = lint(JSON.stringify(trust), 'trust').filter(({ level }) => level === 'security')
  assert.deepEqual(risks, [])
})
