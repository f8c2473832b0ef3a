import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { Change, type Client } from 'ldapts'
import {
  asAdmin,
  attributesOf,
  connect,
  type Directory,
  escapeRdn,
  groups,
  type Person,
  people,
  type Values,
} from './directory.ts'
import { writeServerCertificate } from './server-certificate.ts'
import { hasEnded, untilReady } from './until.ts'

/** What a run's one domain controller is, as JSON: set by `npm test` for the test files. */
export const sambaVariable = 'ROLECALL_TEST_SAMBA'

/** What Debian's samba-ad-dc only recommends, and `provision` cannot do without. */
export const sambaPackages = ['samba-ad-dc', 'samba-ad-provision']

export type SambaServer = { directory: Directory; stop(): Promise<void> }

const baseDn = 'DC=rolecall,DC=test'
const peopleDn = `OU=People,${baseDn}`
const groupsDn = `OU=Groups,${baseDn}`

/** Whether a domain controller can run here. Its ports are LDAP's own (389, 636), which only root may open. */
export function findSamba(): string | undefined {
  const parts = ['/usr/sbin/samba', '/usr/bin/samba-tool', '/usr/share/samba/setup/provision.ldif']
  return process.getuid?.() === 0 && parts.every(path => existsSync(path)) ? parts[0] : undefined
}

/** For node:test's `skip`: a reason where there is no server, but never under CI=true, which must fail loudly. */
export const skipWithoutSamba: string | false =
  process.env[sambaVariable] !== undefined || process.env.CI === 'true'
    ? false
    : 'no Active Directory domain controller was started'

/** The run's domain controller. All test files share it: what one changes must be its own. */
export function sambaDirectory(): Directory {
  const found = process.env[sambaVariable]
  if (found === undefined) throw new Error(`${sambaVariable} is not set: run the tests by npm test`)
  return JSON.parse(found) as Directory
}

/** The DN of one of the people. */
export const personDn = (fullName: string): string => `CN=${escapeRdn(fullName)},${peopleDn}`

export const groupDn = (name: string): string => `CN=${escapeRdn(name)},${groupsDn}`

/** Somebody new, for tests that change an account. Answers the DN. */
export function addPerson(
  directory: Directory,
  person: Person,
  password: string,
  more: Readonly<Record<string, Values>> = {},
): Promise<string> {
  return asAdmin(directory, client => createPerson(client, person, password, more))
}

/** A domain of its own in a temporary folder: nothing of it is outside, and the only service is LDAP. */
export async function startSamba(): Promise<SambaServer> {
  const folder = mkdtempSync(join(tmpdir(), 'samba-'))
  // The ports are fixed, so each run has an address of its own.
  const address = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`
  const { keyFile, caFile } = writeServerCertificate(join(folder, 'tls'), address)
  const configFile = join(folder, 'smb.conf')
  writeFileSync(configFile, configuration(folder, address, keyFile, caFile))
  const adminPassword = password()
  await provision(configFile, adminPassword, address)
  const child = spawn('/usr/sbin/samba', ['--interactive', '--model=single', `--configfile=${configFile}`], {
    // In the foreground it ends when its input does: it cannot outlive us, however we end.
    stdio: ['pipe', 'pipe', 'pipe'],
    env: quietEnvironment(),
  })
  const output = collect(child)
  const directory: Directory = {
    url: `ldap://${address}`,
    tlsUrl: `ldaps://${address}`,
    caFile,
    baseDn,
    peopleDn,
    groupsDn,
    bindDn: personDn('svc-rolecall'),
    bindPassword: password(),
    adminDn: `CN=Administrator,CN=Users,${baseDn}`,
    adminPassword,
    passwords: Object.fromEntries(people.map(({ name }) => [name, password()])),
  }
  const stop = async () => {
    const ended = hasEnded(child) || new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await untilReady(() => asAdmin(directory, async () => {}), child)
    await populate(directory)
    await backdatePassword(folder, dnOf('pia'))
  } catch (cause) {
    await stop()
    throw new Error(`Samba could not be set up:\n${output()}`, { cause })
  }
  return { directory, stop }
}

/** Of three kinds of characters, as the domain's rules ask. */
const password = () => `Aa1-${randomBytes(12).toString('base64url')}`

function configuration(folder: string, address: string, keyFile: string, caFile: string): string {
  const inFolder = Object.entries({
    'private dir': 'private',
    'lock directory': 'lock',
    'state directory': 'state',
    'cache directory': 'cache',
    'pid directory': 'pid',
    'binddns dir': 'bind-dns',
    'ncalrpc dir': 'ncalrpc',
    'winbindd socket directory': 'winbindd',
    'ntp signd socket directory': 'ntp-signd',
    'log file': 'log',
    'usershare path': 'usershares',
  }).map(([name, path]) => `${name} = ${join(folder, path)}`)
  return `[global]
realm = ROLECALL.TEST
workgroup = ROLECALL
netbios name = DC
server role = active directory domain controller
server services = ldap
interfaces = ${address}/8
bind interfaces only = yes
tls keyfile = ${keyFile}
tls certfile = ${caFile}
tls cafile = ${caFile}
${inFolder.join('\n')}

[sysvol]
path = ${join(folder, 'state/sysvol')}

[netlogon]
path = ${join(folder, 'state/sysvol/rolecall.test/scripts')}
`
}

function provision(configFile: string, adminPassword: string, address: string): Promise<void> {
  return run('/usr/bin/samba-tool', [
    'domain',
    'provision',
    `--configfile=${configFile}`,
    '--realm=ROLECALL.TEST',
    '--domain=ROLECALL',
    '--server-role=dc',
    '--dns-backend=NONE',
    '--host-name=dc',
    `--host-ip=${address}`,
    `--adminpass=${adminPassword}`,
  ])
}

const quietEnvironment = () => ({ PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8' })

/** Everything that was printed, for when it fails. */
function collect({ stdout, stderr }: ChildProcessByStdio<Writable | null, Readable, Readable>): () => string {
  const printed: Buffer[] = []
  for (const stream of [stdout, stderr]) stream.on('data', data => printed.push(data))
  return () => Buffer.concat(printed).toString()
}

async function populate(directory: Directory): Promise<void> {
  await asAdmin(directory, async client => {
    for (const dn of [peopleDn, groupsDn]) await client.add(dn, { objectClass: 'organizationalUnit' })
    for (const person of people) await createPerson(client, person, directory.passwords[person.name] ?? '')
    const service = { name: 'svc-rolecall', fullName: 'svc-rolecall', mail: 'svc@example.test' }
    await createPerson(client, service, directory.bindPassword)
    await createGroups(client)
    await createLockoutPolicy(client, dnOf('lena'))
  })
  await lockOut(directory, dnOf('lena'))
}

async function createPerson(
  client: Client,
  { name, fullName, mail, state }: Person,
  password: string,
  more: Readonly<Record<string, Values>> = {},
): Promise<string> {
  const dn = personDn(fullName)
  await client.add(
    dn,
    attributesOf({
      objectClass: 'user',
      sAMAccountName: name,
      userPrincipalName: `${name}@rolecall.test`,
      displayName: fullName,
      mail,
      // [MS-ADTS] 3.1.1.3.1.5.1: in quotes, as UTF-16.
      unicodePwd: Buffer.from(`"${password}"`, 'utf16le'),
      userAccountControl: String(state === 'disabled' ? normalAccount | disabled : normalAccount),
      // 100 ns after the first day of 1601.
      ...(state === 'account expired' && { accountExpires: '1' }),
      ...(state === 'must change password' && { pwdLastSet: '0' }),
      ...more,
    }),
  )
  return dn
}

/** userAccountControl ([MS-ADTS] 2.2.16). */
const disabled = 0x2
const normalAccount = 0x200

async function createGroups(client: Client): Promise<void> {
  for (const name of Object.keys(groups)) {
    await client.add(groupDn(name), { objectClass: 'group', sAMAccountName: name.replace(/[^\p{L}-]/gu, '') })
  }
  for (const [name, { people: members = [], groups: inner = [] }] of Object.entries(groups)) {
    const dns = [...members.map(dnOf), ...inner.map(groupDn)]
    await client.modify(
      groupDn(name),
      attributesOf({ member: dns }).map(modification => new Change({ operation: 'add', modification })),
    )
  }
}

const dnOf = (name: string): string => personDn(people.find(person => person.name === name)?.fullName ?? name)

/** For one person only: nobody else is locked out, however many wrong passwords a test tries. */
async function createLockoutPolicy(client: Client, dn: string): Promise<void> {
  const never = '-9223372036854775808'
  await client.add(
    `CN=three-tries,CN=Password Settings Container,CN=System,${baseDn}`,
    attributesOf({
      objectClass: 'msDS-PasswordSettings',
      'msDS-PasswordSettingsPrecedence': '1',
      'msDS-PasswordReversibleEncryptionEnabled': 'FALSE',
      'msDS-PasswordHistoryLength': '0',
      'msDS-PasswordComplexityEnabled': 'FALSE',
      'msDS-MinimumPasswordLength': '0',
      'msDS-MinimumPasswordAge': '0',
      'msDS-MaximumPasswordAge': never,
      'msDS-LockoutThreshold': '3',
      'msDS-LockoutObservationWindow': never,
      'msDS-LockoutDuration': never,
      'msDS-PSOAppliesTo': dn,
    }),
  )
}

/** Wrong passwords until the account is locked: the only way there is. */
async function lockOut(directory: Directory, dn: string): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    await connect(directory, dn, 'wrong').then(
      () => assert.fail('a wrong password was taken'),
      () => {},
    )
  }
}

/**
 * Makes a password older than the domain's 42 days. The server lets nobody write that,
 * so it goes into the file below it, with the bindings that samba-tool itself runs on.
 */
function backdatePassword(folder: string, dn: string): Promise<void> {
  const file = join(folder, 'private/sam.ldb.d', `${baseDn.toUpperCase()}.ldb`)
  const script = `import ldb, sys
file, dn, time = sys.argv[1:]
db = ldb.Ldb(file, flags=ldb.FLG_DONT_CREATE_DB)
db.modify(ldb.Message.from_dict(db, {"dn": dn, "pwdLastSet": time}, ldb.FLAG_MOD_REPLACE))`
  return run('/usr/bin/python3', ['-c', script, file, dn, '132000000000000000'])
}

async function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env: quietEnvironment() })
  const output = collect(child)
  // It must not outlive us, however we end, nor write to its folder while that is removed.
  const endNow = () => child.kill('SIGKILL')
  process.prependOnceListener('exit', endNow)
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  process.off('exit', endNow)
  if (code !== 0) throw new Error(`${command} ended with ${code}:\n${output()}`)
}
