import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { asAdmin, type Directory, escapeRdn, groups, people } from './directory.ts'
import { freePort } from './free-port.ts'
import { writeServerCertificate } from './server-certificate.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { endChild, untilReady } from './until.ts'

export type Slapd = Directory & {
  /** On the same ports, with what was written. */
  restart(): Promise<void>
  /** As when it is gone: connections are refused. */
  stop(): Promise<void>
  /** As when it hangs: connections are taken, and nothing is answered any more. */
  pause(): Promise<void>
  resume(): void
}

const program = '/usr/sbin/slapd'
const schemas = '/etc/ldap/schema'
const modules = '/usr/lib/ldap'

export function findSlapd(): string | undefined {
  return [program, '/usr/bin/setpriv', schemas, join(modules, 'ppolicy.so')].every(path => existsSync(path))
    ? program
    : undefined
}

/** For node:test's `skip`: a reason where there is no server, but never under CI=true, which must fail loudly. */
export const skipWithoutSlapd: string | false =
  findSlapd() !== undefined || process.env.CI === 'true' ? false : 'slapd is not installed'

const baseDn = 'dc=rolecall,dc=test'
const peopleDn = `ou=People,${baseDn}`
const groupsDn = `ou=Groups,${baseDn}`
const policiesDn = `ou=Policies,${baseDn}`
const adminDn = `cn=admin,${baseDn}`
const bindDn = `uid=svc-rolecall,ou=Services,${baseDn}`

/** No search answers more entries at once than this: more takes pages. */
export const sizeLimit = 100

/** How many groups `max` is in. */
export const manyGroups = 520

/** The DN of one of the people, by short name. */
export const uidDn = (name: string): string => `uid=${escapeRdn(name)},${peopleDn}`

export const groupOfNamesDn = (name: string): string => `cn=${escapeRdn(name)},${groupsDn}`

/**
 * OpenLDAP in a temporary folder, until the test file ends: `groupOfNames` with `memberOf`, `posixGroup`, the password
 * policy of draft-behera-ldap-password-policy, a referral, and more groups than one answer holds. Not in a `before`:
 * what is begun there ends there.
 */
export async function startSlapd(): Promise<Slapd> {
  let child: ChildProcess | undefined
  // One that is paused would not hear anything else.
  const stop = () => endChild(child, 'SIGKILL')
  // Before its folder goes.
  after(stop)
  const folder = temporaryFolder()
  const { keyFile, caFile } = writeServerCertificate(join(folder, 'tls'), '127.0.0.1')
  const [adminPassword, bindPassword] = [password(), password()]
  const passwords = Object.fromEntries([...people, max].map(({ name }) => [name, password()]))
  // AppArmor, where it is on, confines the program by its path, to folders that are not ours.
  const executable = join(folder, 'slapd')
  copyFileSync(program, executable)
  const configFile = join(folder, 'slapd.conf')
  writeFileSync(configFile, configuration(folder, adminPassword, keyFile, caFile), { mode: 0o600 })
  mkdirSync(join(folder, 'db'))
  load(executable, configFile, ldif(entries(bindPassword, passwords)))
  const url = `ldap://127.0.0.1:${await freePort()}`
  const tlsUrl = `ldaps://127.0.0.1:${await freePort()}`
  const directory: Directory = {
    url,
    tlsUrl,
    caFile,
    baseDn,
    peopleDn,
    groupsDn,
    bindDn,
    bindPassword,
    adminDn,
    adminPassword,
    passwords,
  }
  const start = async () => {
    // It ends with us, however we end.
    const args = ['--pdeathsig', 'KILL', executable, '-d', '0', '-f', configFile, '-h', `${url}/ ${tlsUrl}/`]
    child = spawn('/usr/bin/setpriv', args, { stdio: 'ignore' })
    await untilReady(() => asAdmin(directory, async () => {}), child)
  }
  await start()
  return {
    ...directory,
    stop,
    async restart() {
      await stop()
      await start()
    },
    async pause() {
      child?.kill('SIGSTOP')
      while (!isStopped(child?.pid)) await new Promise(resolve => setTimeout(resolve, 5))
    },
    resume: () => void child?.kill('SIGCONT'),
  }
}

/** How many binds and searches the server was asked for meanwhile, by whoever. @see slapd-monitor(5) */
export function workDuring(
  directory: Directory,
  act: () => Promise<unknown>,
): Promise<{ binds: number; searches: number }> {
  return asAdmin(directory, async client => {
    const read = async () => {
      const { searchEntries } = await client.search('cn=Operations,cn=Monitor', {
        scope: 'one',
        attributes: ['cn', 'monitorOpInitiated'],
      })
      return new Map(searchEntries.map(({ cn, monitorOpInitiated }) => [cn, Number(monitorOpInitiated)]))
    }
    const before = await read()
    await act()
    const now = await read()
    const since = (name: string) => (now.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN)
    // The second reading was a search as well. Begun, not ended: an end is counted after it was answered.
    return { binds: since('Bind'), searches: since('Search') - 1 }
  })
}

const password = () => randomBytes(12).toString('base64url')

const max = { name: 'max', fullName: 'Max Member', mail: 'max@example.test' }

function configuration(folder: string, adminPassword: string, keyFile: string, caFile: string): string {
  return `${['core', 'cosine', 'nis', 'inetorgperson', 'namedobject'].map(name => `include ${schemas}/${name}.schema`).join('\n')}
modulepath ${modules}
${['back_mdb', 'memberof', 'refint', 'ppolicy'].map(name => `moduleload ${name}`).join('\n')}
pidfile ${folder}/pid
TLSCertificateFile ${caFile}
TLSCertificateKeyFile ${keyFile}
loglevel none
database mdb
suffix "${baseDn}"
rootdn "${adminDn}"
rootpw ${adminPassword}
directory ${folder}/db
maxsize 67108864
dbnosync
index objectClass,uid,member,memberUid eq
limits users size.soft=${sizeLimit} size.hard=${sizeLimit} size.pr=${sizeLimit} size.prtotal=unlimited
access to attrs=userPassword by self =xw by anonymous auth by * none
access to * by dn.exact="${bindDn}" read by self read by * none
overlay memberof
overlay refint
refint_attributes member
overlay ppolicy
ppolicy_default "cn=default,${policiesDn}"
ppolicy_use_lockout
database monitor
access to * by dn.exact="${adminDn}" read by * none
`
}

type Entry = { dn: string } & Record<string, string | readonly string[]>

/** As slapadd takes them, who may also write what a server keeps to itself: hence `memberOf` and the accounts' states. */
function entries(bindPassword: string, passwords: Readonly<Record<string, string>>): Entry[] {
  const unit = (dn: string): Entry => ({ dn, objectClass: 'organizationalUnit' })
  const teams = Array.from({ length: manyGroups }, (_, index) => `team-${String(index).padStart(3, '0')}`)
  const groupEntries = [
    ...Object.entries(groups).map(([name, { people = [], groups = [] }]) =>
      groupEntry(name, [...people.map(uidDn), ...groups.map(groupOfNamesDn)]),
    ),
    ...teams.map(name => groupEntry(name, [uidDn(max.name)])),
  ]
  const groupsOf = (dn: string) =>
    groupEntries.filter(({ member }) => member.includes(dn)).map(({ dn }) => dn)
  return [
    { dn: baseDn, objectClass: ['dcObject', 'organization'], o: 'Rolecall' },
    ...[peopleDn, groupsDn, policiesDn, `ou=Services,${baseDn}`].map(unit),
    ...policies,
    { dn: bindDn, objectClass: ['account', 'simpleSecurityObject'], userPassword: bindPassword },
    ...[...people, max].map(({ name, fullName, mail, ...more }) => ({
      dn: uidDn(name),
      objectClass: 'inetOrgPerson',
      cn: fullName,
      displayName: fullName,
      sn: fullName.split(' ')[1] ?? fullName,
      mail,
      userPassword: passwords[name] ?? '',
      memberOf: groupsOf(uidDn(name)),
      ...('state' in more && states[more.state]),
    })),
    ...groupEntries.map(group => ({ ...group, memberOf: groupsOf(group.dn) })),
    {
      dn: `cn=posix-operators,${groupsDn}`,
      objectClass: 'posixGroup',
      gidNumber: '2000',
      memberUid: ['ada', 'ben'],
    },
    {
      dn: `ou=Elsewhere,${baseDn}`,
      objectClass: ['referral', 'extensibleObject'],
      ref: `ldap://127.0.0.1:1/ou=Elsewhere,${baseDn}`,
    },
  ]
}

const groupEntry = (name: string, member: string[]) => ({
  dn: groupOfNamesDn(name),
  objectClass: 'groupOfNames',
  member,
})

const longAgo = '20200101000000Z'

const states = {
  // "Locked by an administrator, for good."
  disabled: { pwdAccountLockedTime: '000001010000Z' },
  'account expired': { pwdEndTime: longAgo },
  locked: { pwdAccountLockedTime: longAgo, pwdPolicySubentry: `cn=three-tries,${policiesDn}` },
  'must change password': { pwdReset: 'TRUE' },
  'password expired': { pwdChangedTime: longAgo },
} as const

/** Only one person is ever locked out, however many wrong passwords a test tries. */
const policies: Entry[] = [
  { dn: `cn=default,${policiesDn}`, pwdMaxFailure: '0' },
  // No duration: until somebody unlocks it.
  { dn: `cn=three-tries,${policiesDn}`, pwdMaxFailure: '3', pwdLockoutDuration: '0' },
].map(policy => ({
  objectClass: ['namedObject', 'pwdPolicy'],
  pwdAttribute: 'userPassword',
  pwdMustChange: 'TRUE',
  pwdLockout: 'TRUE',
  pwdMaxAge: String(42 * 86_400),
  ...policy,
}))

/** Every value in base64 (RFC 2849): nothing in it can be mistaken for syntax. */
function ldif(entries: Entry[]): string {
  return entries
    .map(entry =>
      Object.entries(entry)
        .flatMap(([name, values]) => [values].flat().map(value => `${name}:: ${base64(value)}\n`))
        .join(''),
    )
    .join('\n')
}

const base64 = (text: string) => Buffer.from(text).toString('base64')

function load(executable: string, configFile: string, input: string): void {
  const { status, stderr } = spawnSync(executable, ['-Tadd', '-q', '-f', configFile], {
    input,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`slapadd ended with ${status}:\n${stderr}`)
}

/** Whether every thread has heard the signal: a busy one may answer for a moment longer (proc_pid_stat(5)). */
function isStopped(pid = 0): boolean {
  const threads = globSync(`/proc/${pid}/task/*/stat`)
  return threads.every(file => readFileSync(file, 'utf8').split(') ')[1]?.startsWith('T'))
}
