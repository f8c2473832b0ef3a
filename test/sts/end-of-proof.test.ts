import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { assumeRole, keysOf } from '../support/aws-calls.ts'
import { entitiesOf } from '../support/iam-entities.ts'
import { type Keys, startRolecall, trusting } from '../support/rolecall.ts'

const rolecall = await startRolecall()
const { accountId, url } = rolecall
const issuer = await rolecall.registerIssuer()
const entities = entitiesOf(rolecall)
const ada = await entities.user('ada')

const entry = trusting(accountId, issuer) as { Statement: object[] }
const RoleArn = await rolecall.createRole('round', entry)
const AWS = [RoleArn, entities.userArn('ada')]
const itself = { Effect: 'Allow', Principal: { AWS }, Action: 'sts:AssumeRole' }
const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [...entry.Statement, itself] })
await rolecall.iam().send(new UpdateAssumeRolePolicyCommand({ RoleName: 'round', PolicyDocument }))

let offsetMs = 0
const fiftyNineMinutes = 59 * 60_000
async function take(credentials: Keys) {
  const client = new STSClient({
    endpoint: url,
    region: 'us-east-1',
    credentials,
    systemClockOffset: offsetMs,
  })
  return client.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'round' }))
}

test('a person’s chain that goes round ends with the day of their proof; one of a user’s key goes on', async () => {
  const first = await assumeRole(rolecall, RoleArn, issuer.sign())
  const [hourMs, beganMs] = [3_600_000, Number(first.Credentials?.Expiration) - 3_600_000]
  let [persons, users] = [keysOf(first), keysOf(await take(ada))]
  let endsAtMs = 0
  for (let times = 0; times < 13; times++) {
    rolecall.advanceMs(fiftyNineMinutes)
    offsetMs += fiftyNineMinutes
    const answer = await take(persons)
    endsAtMs = Number(answer.Credentials?.Expiration)
    persons = keysOf(answer)
    users = keysOf(await take(users))
  }
  assert.equal(endsAtMs, beganMs + 13 * hourMs)
  rolecall.advanceMs(fiftyNineMinutes)
  offsetMs += fiftyNineMinutes
  await assert.rejects(take(persons), { Code: 'ExpiredToken' })
  assert.ok(await take(users))
})
