/** What stands for a password in statements, held to published vectors and to the servers' own. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import pg from 'pg'
import { cachingSha2Hash, nativeHash } from '../../../server/secrets/databases/mysql-password.ts'
import { newPassword } from '../../../server/secrets/databases/new-password.ts'
import { saslPrepared, scramVerifier } from '../../../server/secrets/databases/scram-verifier.ts'
import { sha256Crypt } from '../../../server/secrets/databases/sha256-crypt.ts'
import { skipWithoutMariaDb, startMariaDb } from '../../support/mariadb.ts'
import { skipWithoutPostgresHere, startPostgresWithTls } from '../../support/postgres-with-tls.ts'

test('the exchange of RFC 7677, section 3, is what its verifier would take', async () => {
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')
  const [, storedKey = '', serverKey = ''] = /\$([^$:]+):([^:]+)$/.exec(scramVerifier('pencil', salt)) ?? []
  const { createHash, createHmac } = await import('node:crypto')
  const authMessage = [
    'n=user,r=rOprNGfwEbeRWgbNEkqO',
    'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096',
    'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0',
  ].join(',')
  const sign = (key: string) => createHmac('sha256', Buffer.from(key, 'base64')).update(authMessage).digest()
  // The server's signature stands in the RFC; the client's proof, XORed with its signature, is the key that was stored.
  assert.equal(sign(serverKey).toString('base64'), '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=')
  const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64')
  const clientKey = proof.map((byte, n) => byte ^ (sign(storedKey)[n] ?? 0))
  assert.equal(createHash('sha256').update(clientKey).digest('base64'), storedKey)
})

for (const [story, password, prepared] of [
  ['a soft hyphen is nothing (RFC 4013, section 3)', 'I\u00adX', 'IX'],
  ['letters stay as they are', 'user', 'user'],
  ['case is kept', 'USER', 'USER'],
  ['compatible letters are one', '\u00aa', 'a'],
  ['and numbers', '\u2168', 'IX'],
  ['other blanks are blanks', 'a\u00a0b\u3000c', 'a b c'],
  ['what is prohibited stays raw', 'a\u0007b\u00ad', 'a\u0007b\u00ad'],
  ['and so do mixed directions', '\u0627\u0031', '\u0627\u0031'],
  ['and what would be nothing', '\u00ad', '\u00ad'],
] as const) {
  test(`SASLprep: ${story}`, () => assert.equal(saslPrepared(password), prepared))
}

/** From the specification of SHA-crypt, and from crypt(3) itself. */
for (const [password, salt, rounds, digest] of [
  ['Hello world!', 'saltstring', 5_000, '5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5'],
  ['Hello world!', 'saltstringsaltst', 10_000, '3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA'],
] as const) {
  test(`SHA-256 crypt with ${rounds} rounds`, () => {
    assert.equal(sha256Crypt(Buffer.from(password), Buffer.from(salt), rounds), digest)
  })
}

test('a hash of caching_sha2_password that others know', () => {
  const salt = Buffer.from('f9cc98ce08892924f50a213b6bc571a2c11778c5', 'hex')
  const hash = cachingSha2Hash('hashcat', salt)
  const digest = 'bTy95Y99eAME1dwEkHOA1ndHGBWz.1bxSSRkuTXFGV/'
  assert.ok(hash.equals(Buffer.concat([Buffer.from('$A$005$'), salt, Buffer.from(digest)])))
})

test('a password that MySQL would not take is not hashed: a long one would hold the whole service', () => {
  assert.equal(cachingSha2Hash('ä'.repeat(128)).length, 70)
  for (const password of [`${'ä'.repeat(128)}x`, 'x'.repeat(65_536)]) {
    assert.throws(() => cachingSha2Hash(password), {
      name: 'RotationFailure',
      message: /longer than the 256 bytes/,
    })
  }
})

test('a salt that is made up ends no text and no field', () => {
  for (let n = 0; n < 200; n++) {
    const salt = cachingSha2Hash('x').subarray(7, 27)
    assert.ok(salt.every(byte => byte > 0 && byte < 128 && byte !== 0x24))
  }
})

test('a new password needs no escaping in a connection string', () => {
  for (let n = 0; n < 100; n++) {
    const password = newPassword()
    assert.equal(password.length, 32)
    assert.equal(new URL(`postgres://u:${password.replace(/[[\]^|`{}<>]/g, 'x')}@h`).hostname, 'h')
    assert.doesNotMatch(password, /[:/@"'\\%#?&+\s]/)
  }
})

const passwords = [
  'plain',
  'p\u00e4ssw\u00f6rd',
  'I\u00adX',
  '\u2168',
  'a\u00a0b',
  'it\'s \\ "quoted"',
  '𝄞'.repeat(20),
]

describe('PostgreSQL takes what stands for a password', { skip: skipWithoutPostgresHere }, async () => {
  if (skipWithoutPostgresHere) return
  const server = await startPostgresWithTls()
  for (const [n, password] of passwords.entries()) {
    test(JSON.stringify(password), async () => {
      await server.query(`create role u${n} login password ${pg.escapeLiteral(scramVerifier(password))}`)
      await server.query(`grant select on things to u${n}`)
      assert.ok(await server.logsIn({ username: `u${n}`, password }))
      assert.ok(!(await server.logsIn({ username: `u${n}`, password: `${password}x` })))
      // As the server itself makes it of the password, given the same salt.
      await server.query(
        `set password_encryption = 'scram-sha-256'; alter role u${n} password ${pg.escapeLiteral(password)}`,
      )
      const [{ rolpassword = '' } = {}] = await server.query(
        `select rolpassword from pg_authid where rolname = 'u${n}'`,
      )
      const [, salt = ''] = /^SCRAM-SHA-256\$4096:([^$]+)\$/.exec(String(rolpassword)) ?? []
      assert.equal(scramVerifier(password, Buffer.from(salt, 'base64')), rolpassword)
    })
  }
})

describe('MariaDB takes what stands for a password', { skip: skipWithoutMariaDb }, async () => {
  if (skipWithoutMariaDb) return
  const server = await startMariaDb()
  for (const [n, password] of passwords.entries()) {
    test(JSON.stringify(password), async () => {
      await server.query(
        `create user u${n}@'%' identified via mysql_native_password using '${nativeHash(password)}'`,
      )
      await server.query(`grant select on app.things to u${n}@'%'`)
      assert.ok(await server.logsIn({ username: `u${n}`, password }))
      assert.ok(!(await server.logsIn({ username: `u${n}`, password: `${password}x` })))
    })
  }
})
