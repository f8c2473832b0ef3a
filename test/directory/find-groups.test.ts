import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Client } from 'ldapts'
import { readEntry } from '../../server/directory/entry.ts'
import { findGroups } from '../../server/directory/find-groups.ts'
import { type DirectorySettings, usualFilters } from '../../server/directory/settings.ts'
import { refusalOf } from '../support/refusal-of.ts'

const settings: DirectorySettings = {
  urls: ['ldap://127.0.0.1'],
  kind: 'ldap',
  baseDn: 'dc=example',
  groupBaseDn: 'ou=groups,dc=example',
  startTls: false,
  ...usualFilters.ldap,
}
const person = (memberOf: string[] = []) =>
  readEntry({ dn: 'uid=ada,ou=people,dc=example', uid: 'ada', memberOf })

/** A server that answers one page after the other, without end. */
const endless = (dnOf: (n: number) => string): Client => {
  const searchPaginated = async function* () {
    for (let n = 0; ; n += 100) {
      const searchEntries = Array.from({ length: 100 }, (_, at) => ({ dn: dnOf(n + at) }))
      yield { searchEntries, searchReferences: [] }
    }
  }
  return { searchPaginated } as unknown as Client
}

test('whoever is in more groups than would be read may not sign in: the rest could hide which they have left', async () => {
  const { reason, detail } = await refusalOf(
    findGroups(
      endless(n => `cn=g${n},ou=groups,dc=example`),
      settings,
      person(),
    ),
  )
  assert.equal(reason, 'password.refused')
  assert.match(detail ?? '', /more than 5000 groups/)
})

test('answers that go on and on with one group come to an end', async () => {
  const groups = await findGroups(
    endless(() => 'cn=round,ou=groups,dc=example'),
    settings,
    person(),
  )
  assert.deepEqual(groups, ['cn=round,ou=groups,dc=example'])
})

test('a group that lies elsewhere than groups do counts for nothing, but for the groups that it is in', async () => {
  const asked: string[] = []
  const searchPaginated = async function* (_base: string, { filter }: { filter: string }) {
    asked.push(filter)
    const holds = filter.includes('cn=team,ou=lists,dc=example')
    yield { searchEntries: holds ? [{ dn: 'cn=all,OU=Groups,dc=example' }] : [], searchReferences: [] }
  }
  const memberOf = [
    'cn=developers,ou=groups,dc=example',
    'cn=admins,ou=lists,dc=example',
    'cn=admins\\,ou\\=groups\\,dc\\=example,ou=lists,dc=example',
    'cn=team,ou=lists,dc=example',
  ]
  const groups = await findGroups({ searchPaginated } as unknown as Client, settings, person(memberOf))
  assert.deepEqual(groups, ['cn=developers,ou=groups,dc=example', 'cn=all,OU=Groups,dc=example'])
})
