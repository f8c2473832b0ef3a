import type { Directory } from './directory.ts'
import { settingsOf, trustingDirectory } from './directory-settings.ts'
import { createHttpBrowser } from './http-browser.ts'
import type { TestRolecall } from './rolecall.ts'

export type DoorAnswer = { status: number; headers: Record<string, string>; body: string }

/** For a service whose directory is an OpenLDAP of the tests, and where `from` says who comes. */
export const directoryEnv = (directory: Directory): Record<string, string> => ({
  ...settingsOf(directory, 'ldap'),
  ROLECALL_TRUSTED_PROXIES: '127.0.0.1',
})

/** The role `staff`, for whoever the directory vouches for. */
export const admitEverybody = ({ accountId, createRole }: TestRolecall): Promise<string> =>
  createRole('staff', trustingDirectory(accountId))

/** The three ways in with a directory's password, as a stranger comes to them. */
export const passwordDoors = {
  'the sign-in page': (rolecall, { username, password, from }) =>
    post(rolecall, '/sign-in/directory', { username, password }, from, { origin: rolecall.url }),
  AssumeRoleWithLDAPIdentity: (rolecall, { username, password, from }) =>
    post(
      rolecall,
      '/',
      {
        Action: 'AssumeRoleWithLDAPIdentity',
        Version: '2011-06-15',
        LDAPUsername: username,
        LDAPPassword: password,
        RoleArn: rolecall.roleArn('staff'),
      },
      from,
    ),
  'POST /token': (rolecall, { username, password, from }) =>
    post(
      rolecall,
      '/token',
      { grant_type: 'password', username, password, resource: rolecall.roleArn('staff') },
      from,
    ),
} satisfies Record<string, Door>

export type Try = { username: string; password: string; from: string }
type Door = (rolecall: TestRolecall, asked: Try) => Promise<DoorAnswer>

async function post(
  { url }: TestRolecall,
  path: string,
  form: Record<string, string>,
  from: string,
  headers: Record<string, string> = {},
): Promise<DoorAnswer> {
  const answer = await createHttpBrowser().post(`${url}${path}`, form, {
    origin: '',
    'x-forwarded-for': from,
    ...headers,
  })
  return { status: answer.status, headers: Object.fromEntries(answer.headers), body: await answer.text() }
}
