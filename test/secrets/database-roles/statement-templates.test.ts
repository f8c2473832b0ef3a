import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fill, requireStatements } from '../../../server/secrets/database-roles/statement-templates.ts'

const filling = {
  name: 'rc_user',
  password: 'SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5',
  caching_sha2_password: '0x24',
  expiration: '2026-01-02 03:04:05+00',
}
const creation = ["create role {{name}} login password '{{password}}'"]

test('placeholders are filled, with blanks or without, each where it stands', () => {
  assert.deepEqual(fill(["{{ name}}, '{{\tpassword\n}}', {{{name}}}, {{name", '{}'], filling), [
    `rc_user, '${filling.password}', {rc_user}, {{name`,
    '{}',
  ])
})

test('what was filled in is not read again', () => {
  const [filled] = fill(['{{name}} {{password}}'], {
    ...filling,
    name: '{{password}}',
    password: '$& {{name}}',
  })
  assert.equal(filled, '{{password}} $& {{name}}')
})

test('a statement of blanks after two braces is read in no time', () => {
  const blanks = `{{${' '.repeat(4_000)}`
  const beganAtMs = Date.now()
  requireStatements([...creation, blanks, `${blanks}}`], [blanks], [])
  assert.throws(() => requireStatements([`${blanks}x}}`], [], []), { reason: 'entity.invalid' })
  assert.deepEqual(fill([blanks], filling), [blanks])
  // It took minutes.
  assert.ok(Date.now() - beganAtMs < 20_000)
})

test('no statement that renews or revokes has a password to fill in, which would be another or none', () => {
  for (const name of ['password', 'caching_sha2_password']) {
    const statement = `alter role {{name}} password '{{${name}}}'`
    const refused = { reason: 'entity.invalid' }
    assert.throws(() => requireStatements(creation, [statement], []), refused)
    assert.throws(() => requireStatements(creation, [], [statement]), refused)
    assert.throws(() => fill([statement], { name: 'rc_user', expiration: '' }), { name: 'RotationFailure' })
  }
  requireStatements(creation, ["alter role {{name}} valid until '{{expiration}}'"], ['drop role {{name}}'])
})
