import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Env, problemsOf } from '../support/config-problems.ts'

const directory = {
  LDAP_URL: 'ldaps://dc.example.com',
  LDAP_KIND: 'ad',
  LDAP_BASE_DN: 'dc=example',
  LDAP_BIND_DN: 'reader@example.com',
  LDAP_BIND_PASSWORD: 'secret',
}

const refused: [story: string, env: Env, problem: string][] = [
  [
    'a directory of no kind that is told',
    { LDAP_URL: 'ldaps://dc.example.com', LDAP_BASE_DN: 'dc=example' },
    'LDAP_KIND: missing, expected together with the other LDAP_ settings',
  ],
  [
    'a directory’s rules without a directory',
    { LDAP_GROUP_ROLES: '{}', LDAP_KIND: 'ldap', LDAP_BASE_DN: 'dc=example' },
    'LDAP_URL: missing, expected together with the other LDAP_ settings',
  ],
  [
    'a directory in plain text',
    { ...directory, LDAP_URL: 'ldaps://a.example.com,ldap://b.example.com' },
    'LDAP_URL: passwords would cross the network in plain text, expected ldaps://, LDAP_START_TLS=on, or loopback',
  ],
  [
    'a directory in plain text under a name below localhost, which a name server may send anywhere',
    { ...directory, LDAP_URL: 'ldap://dc.localhost' },
    'LDAP_URL: passwords would cross the network in plain text, expected ldaps://, LDAP_START_TLS=on, or loopback',
  ],
  [
    'an Active Directory without anybody to search as',
    { LDAP_URL: 'ldaps://dc.example.com', LDAP_KIND: 'ad', LDAP_BASE_DN: 'dc=example' },
    'LDAP_BIND_DN: missing, expected for Active Directory, which answers nobody who is not signed in',
  ],
  [
    'a directory’s name without its password',
    { ...directory, LDAP_BIND_PASSWORD: '' },
    'LDAP_BIND_PASSWORD: missing, expected together with LDAP_BIND_DN',
  ],
  [
    'an address that is none of a directory',
    { ...directory, LDAP_URL: 'https://dc.example.com' },
    'LDAP_URL: not directory addresses, expected ldaps://host or ldap://host, with commas between',
  ],
  [
    'a directory’s base that is no name',
    { ...directory, LDAP_BASE_DN: 'example.com' },
    'LDAP_BASE_DN: not a distinguished name, expected such as ou=people,dc=example,dc=com',
  ],
  [
    'a filter without the name in it',
    { ...directory, LDAP_PERSON_FILTER: '(uid=*)' },
    'LDAP_PERSON_FILTER: not a filter, expected one in parentheses with {username} in it',
  ],
  [
    'rules for groups that are no JSON',
    { ...directory, LDAP_GROUP_ROLES: 'cn=a=role' },
    'LDAP_GROUP_ROLES: not rules, expected {"a group\'s DN": "a role\'s name or ARN", ...} in JSON',
  ],
  [
    'sessions looked at too seldom',
    { ...directory, LDAP_RECHECK_SECONDS: '301' },
    'LDAP_RECHECK_SECONDS: not a time, expected whole seconds from 2 to 300',
  ],
  [
    'a misspelt name of a directory’s setting',
    { LDAP_URI: 'ldaps://dc.example.com' },
    'LDAP_URI: no such setting, did you mean LDAP_URL?',
  ],
]

for (const [story, env, problem] of refused) {
  test(`${story} is refused, and named`, () => assert.deepEqual(problemsOf(env), [problem]))
}
