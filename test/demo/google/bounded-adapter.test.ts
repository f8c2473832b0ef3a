import assert from 'node:assert/strict'
import test from 'node:test'
import { createBoundedAdapter } from '../../../server/demo/google/bounded-adapter.ts'

test('the adapter forgets its oldest records, kind by kind', async () => {
  const adapterFor = createBoundedAdapter(2)
  const sessions = adapterFor('Session')
  await adapterFor('Grant').upsert('g', { jti: 'g' }, 60)
  for (const id of ['a', 'b', 'c']) await sessions.upsert(id, { jti: id, uid: `uid-${id}` }, 60)

  assert.equal(await sessions.find('a'), undefined)
  assert.equal(await sessions.findByUid('uid-a'), undefined)
  assert.equal((await sessions.findByUid('uid-c'))?.jti, 'c')
  assert.equal((await adapterFor('Session').find('b'))?.jti, 'b')
  assert.equal((await adapterFor('Grant').find('g'))?.jti, 'g')
})

test('an expired record is not found', async () => {
  const codes = createBoundedAdapter()('AuthorizationCode')
  await codes.upsert('gone', { jti: 'gone' }, 0)
  await codes.upsert('kept', { jti: 'kept' }, 60)
  assert.equal(await codes.find('gone'), undefined)
  assert.equal((await codes.find('kept'))?.jti, 'kept')
})

test('a consumed record says so, and a revoked grant takes its records with it', async () => {
  const codes = createBoundedAdapter()('AuthorizationCode')
  await codes.upsert('a', { jti: 'a', grantId: 'g' }, 60)
  await codes.upsert('b', { jti: 'b', grantId: 'other' }, 60)
  await codes.consume('a')
  assert.equal(typeof (await codes.find('a'))?.consumed, 'number')
  await codes.revokeByGrantId('g')
  assert.equal(await codes.find('a'), undefined)
  await codes.destroy('b')
  assert.equal(await codes.find('b'), undefined)
})
