import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import * as sm from '@aws-sdk/client-secrets-manager'
import { faultOf } from '../support/aws-calls.ts'
import { startRolecall } from '../support/rolecall.ts'
import { secretsOf } from '../support/secret-calls.ts'

const rolecall = await startRolecall()
const client = rolecall.secrets()
const { create, get, put, describe, stages } = secretsOf(client)
const [current, previous, pending] = ['AWSCURRENT', 'AWSPREVIOUS', 'AWSPENDING']
const dayMs = 24 * 3_600_000

const move = (
  SecretId: string,
  VersionStage: string,
  RemoveFromVersionId?: string,
  MoveToVersionId?: string,
) =>
  client.send(
    new sm.UpdateSecretVersionStageCommand({ SecretId, VersionStage, RemoveFromVersionId, MoveToVersionId }),
  )
const versions = async (SecretId: string, more: Partial<sm.ListSecretVersionIdsCommandInput> = {}) =>
  client.send(new sm.ListSecretVersionIdsCommand({ SecretId, ...more }))

/** A secret with a current version, one before it, and one more at stage MINE. */
async function threeVersions() {
  const name = randomUUID()
  const { version: first } = await create(name)
  const second = String((await put(name, 'two')).VersionId)
  const third = String((await put(name, 'three', { VersionStages: ['MINE'] })).VersionId)
  return { name, first, second, third }
}

test('a value at a stage of one’s own leaves the current one, and is found by it', async () => {
  const { name, first, second, third } = await threeVersions()
  assert.deepEqual(await stages(name), { [first]: [previous], [second]: [current], [third]: ['MINE'] })
  assert.equal((await get(name, { VersionStage: 'MINE' })).SecretString, 'three')
  assert.equal((await get(name)).SecretString, 'two')
})

test('a stage moves to a new value that asks for it, and the version that it leaves is deprecated', async () => {
  const { name, first, second, third } = await threeVersions()
  const fourth = String((await put(name, 'four', { VersionStages: ['MINE', 'MINE', pending] })).VersionId)
  assert.deepEqual(await stages(name), {
    [first]: [previous],
    [second]: [current],
    [fourth]: [pending, 'MINE'],
  })
  assert.equal((await get(name, { VersionId: third })).SecretString, 'three')
  assert.deepEqual((await get(name, { VersionId: third })).VersionStages, [])
})

test('a rotation’s last step: the pending version becomes the current one, and stays pending', async () => {
  const { name, first, second } = await threeVersions()
  const fourth = String((await put(name, 'four', { VersionStages: [pending] })).VersionId)
  await move(name, current, second, fourth)
  const after = await stages(name)
  assert.deepEqual([after[fourth], after[second], after[first]], [[current, pending], [previous], undefined])
})

test('going back: the version before becomes the current one, and the other the one before', async () => {
  const { name, first, second } = await threeVersions()
  await move(name, current, second, first)
  const { [first]: one, [second]: other } = await stages(name)
  assert.deepEqual([one, other], [[current], [previous]])
})

for (const [story, ask, code] of [
  ['nothing to move', ({ name }) => move(name, 'MINE'), 'InvalidParameterException'],
  ['AWSCURRENT taken away', ({ name, second }) => move(name, current, second), 'InvalidParameterException'],
  [
    'a stage moved from where it is not',
    ({ name, first, second }) => move(name, 'MINE', first, second),
    'InvalidParameterException',
  ],
  [
    'a stage moved without saying from where',
    ({ name, second }) => move(name, 'MINE', undefined, second),
    'InvalidParameterException',
  ],
  [
    'a stage that is nowhere taken away',
    ({ name, first }) => move(name, 'OTHER', first),
    'InvalidParameterException',
  ],
  [
    'a stage by a name of objects taken away',
    ({ name, first }) => move(name, 'constructor', first),
    'InvalidParameterException',
  ],
  [
    'a stage moved to a version that is not there',
    ({ name, third }) => move(name, 'MINE', third, randomUUID()),
    'ResourceNotFoundException',
  ],
  ['a version id that is too short', ({ name }) => move(name, 'X', undefined, 'x'), 'ValidationException'],
  [
    'a stage and a version that don’t belong together',
    ({ name, first }) => get(name, { VersionId: first, VersionStage: current }),
    'InvalidRequestException',
  ],
] as const satisfies [
  string,
  (one: Awaited<ReturnType<typeof threeVersions>>) => Promise<unknown>,
  string,
][]) {
  test(`${story} is refused with ${code}, and nothing moves`, async () => {
    const one = await threeVersions()
    const before = await stages(one.name)
    assert.equal((await faultOf(ask(one))).code, code)
    assert.deepEqual(await stages(one.name), before)
  })
}

test('a stage is taken away, brought back, and where it is already it stays', async () => {
  const { name, third } = await threeVersions()
  await move(name, 'MINE', third)
  assert.equal((await stages(name))[third], undefined)
  await move(name, 'MINE', undefined, third)
  await move(name, 'MINE', undefined, third)
  await move(name, 'MINE', third, third)
  assert.deepEqual((await stages(name))[third], ['MINE'])
})

for (const stage of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'AWSCURRENT ', 'awscurrent']) {
  test(`a stage called ${stage} is a stage like any other`, async () => {
    const { name, second } = await threeVersions()
    const { VersionId, VersionStages } = await put(name, 'odd', { VersionStages: [stage] })
    assert.deepEqual(VersionStages, [stage])
    assert.deepEqual((await stages(name))[String(VersionId)], [stage])
    assert.equal((await get(name, { VersionStage: stage })).SecretString, 'odd')
    assert.equal((await get(name)).VersionId, second)
    await move(name, stage, VersionId, second)
    assert.deepEqual((await stages(name))[second], [stage, current].sort())
  })
}

test('a version has at most twenty stages', async () => {
  const { name, second } = await threeVersions()
  const twenty = Array.from({ length: 20 }, (_, n) => `S${n}`)
  const { VersionId } = await put(name, 'many', { VersionStages: twenty })
  assert.equal((await faultOf(move(name, 'ONE-MORE', undefined, VersionId))).code, 'LimitExceededException')
  assert.equal((await faultOf(move(name, current, second, VersionId))).code, 'LimitExceededException')
  const tooMany = put(name, 'x', { VersionStages: [...twenty, 'S20'] })
  assert.equal((await faultOf(tooMany)).code, 'ValidationException')
  assert.equal((await faultOf(put(name, 'x', { VersionStages: [] }))).code, 'ValidationException')
})

test('deprecated versions are listed only when they are asked for, page by page, whatever goes meanwhile', async () => {
  const { name, first, second, third } = await threeVersions()
  await move(name, 'MINE', third)
  const shown = (await versions(name)).Versions ?? []
  assert.deepEqual(shown.map(({ VersionId }) => VersionId).sort(), [first, second].sort())
  const { Versions: all = [], ARN, Name } = await versions(name, { IncludeDeprecated: true })
  assert.equal(all.length, 3)
  assert.equal(Name, name)
  assert.equal(ARN, (await describe(name)).ARN)
  for (const { VersionId, VersionStages, KmsKeyIds, CreatedDate } of all) {
    assert.deepEqual(KmsKeyIds, ['DefaultEncryptionKey'])
    assert.ok(CreatedDate instanceof Date)
    if (VersionId === third) assert.equal(VersionStages, undefined)
  }
  const seen: (string | undefined)[] = []
  for (let NextToken: string | undefined; ; ) {
    const page = await versions(name, { IncludeDeprecated: true, MaxResults: 1, NextToken })
    seen.push(...(page.Versions ?? []).map(({ VersionId }) => VersionId))
    NextToken = page.NextToken
    if (NextToken === undefined) break
  }
  assert.deepEqual(
    seen,
    all.map(({ VersionId }) => VersionId),
  )
})

test('the day of a version’s last use is its own, and the secret’s is the last of them', async () => {
  const name = randomUUID()
  await create(name)
  await get(name)
  const { VersionId = '' } = await put(name, 'two', { VersionStages: ['MINE'] })
  const dayOf = async (id: string) => {
    const { Versions = [] } = await client.send(new sm.ListSecretVersionIdsCommand({ SecretId: name }))
    return Versions.find(one => one.VersionId === id)?.LastAccessedDate?.getTime()
  }
  assert.equal(await dayOf(VersionId), undefined)
  const dayNow = () => Math.floor(Date.now() / dayMs) * dayMs
  const before = dayNow()
  await get(name, { VersionStage: 'MINE' })
  await rolecall.rolecall.store.secrets.accesses.flush()
  const day = await dayOf(VersionId)
  // At midnight it is either.
  assert.ok(day === before || day === dayNow())
  assert.equal((await describe(name)).LastAccessedDate?.getTime(), day)
})
