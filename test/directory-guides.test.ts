/** Runs what docs/guides/active-directory.md and openldap.md tell people to write. */
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { parseEnv, promisify } from 'node:util'
import { readConfig } from '../server/config.ts'
import { lint } from '../server/policy/lint/lint.ts'
import type { Directory } from './support/directory.ts'
import { postForm } from './support/post-form.ts'
import { startRolecall } from './support/rolecall.ts'
import { sambaDirectory, skipWithoutSamba } from './support/samba.ts'
import { skipWithoutSlapd, startSlapd } from './support/slapd.ts'

const guides = [
  { file: 'active-directory.md', skip: skipWithoutSamba, start: async () => sambaDirectory() },
  { file: 'openldap.md', skip: skipWithoutSlapd, start: startSlapd },
] as const

const blocksOf = (guide: string, language: 'sh' | 'json') =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(
    ([, body = '']) => body,
  )

/** The guides' example company is the tests' own domain. */
const here = (text: string) =>
  text.replaceAll(/dc=corp,dc=example/gi, same =>
    same.replace(/corp/i, 'rolecall').replace(/example/i, 'test'),
  )

for (const { file, skip, start } of guides) {
  const guide = readFileSync(new URL(`../docs/guides/${file}`, import.meta.url), 'utf8')
  const [settings = ''] = blocksOf(guide, 'sh')
  const [policy = ''] = blocksOf(guide, 'json')

  test(`${file}: the settings are sound in production as they stand`, () => {
    const production = {
      NODE_ENV: 'production',
      ROLECALL_PUBLIC_URL: 'https://login.example.com',
      ROLECALL_TRUSTED_PROXIES: '10.0.0.7',
    }
    const { directory } = readConfig({ ...production, ...parseEnv(settings) })
    assert.equal(directory?.name, 'corp')
  })

  test(`${file}: the trust policy is flawless`, () => {
    assert.deepEqual(lint(policy.replaceAll('ACCOUNT', '123456789012'), 'trust'), [])
  })

  describe(`${file}, on a real directory`, { skip }, async () => {
    if (skip) return
    const directory: Directory = await start()
    const given = parseEnv(here(settings))
    const rolecall = await startRolecall({
      ...(given as Record<string, string>),
      LDAP_URL: given.LDAP_URL?.startsWith('ldaps:')
        ? `ldaps://127.0.0.1:1,${directory.tlsUrl}`
        : directory.url,
      LDAP_BIND_DN: directory.bindDn,
      LDAP_BIND_PASSWORD: directory.bindPassword,
      LDAP_CA_FILE: directory.caFile,
    })
    const { accountId } = rolecall
    const role = await rolecall.createRole(
      'developer',
      JSON.parse(here(policy).replaceAll('ACCOUNT', accountId)),
    )
    const logIn = (name: string) =>
      postForm(rolecall, {
        Action: 'AssumeRoleWithLDAPIdentity',
        Version: '2011-06-15',
        LDAPUsername: name,
        LDAPPassword: directory.passwords[name] ?? '',
        RoleArn: role,
      })

    test('who is in the group gets the role, and nobody else', async () => {
      assert.equal((await logIn('ada')).status, 200)
      assert.equal((await logIn('ben')).status, 403)
    })

    const hasCurl = (() => {
      try {
        execFileSync('curl', ['--version'], { stdio: 'ignore' })
        return true
      } catch {
        return false
      }
    })()
    for (const command of blocksOf(guide, 'sh').slice(1)) {
      test(
        `its command answers credentials: ${command.slice(0, 60)}...`,
        { skip: !hasCurl && 'no curl' },
        async () => {
          const env = {
            PATH: process.env.PATH,
            ROLECALL: rolecall.url,
            NAME: 'ada',
            PASSWORD: directory.passwords.ada,
          }
          const { stdout } = await promisify(execFile)('sh', ['-c', command], { env })
          assert.match(stdout, /ASIA[A-Z2-7]{16}/)
        },
      )
    }
  })
}
