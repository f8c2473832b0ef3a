import { readFileSync } from 'node:fs'
import { Attribute, Change, Client } from 'ldapts'

/** A directory server that runs for the tests, and whom to be there. */
export type Directory = {
  /** Plain, for StartTLS. */
  url: string
  tlsUrl: string
  /** Who vouches for the server's certificate. */
  caFile: string
  baseDn: string
  peopleDn: string
  groupsDn: string
  /** A service account that may read and no more. */
  bindDn: string
  bindPassword: string
  adminDn: string
  adminPassword: string
  /** By the short name of a person. */
  passwords: Readonly<Record<string, string>>
}

export type Values = string | Buffer | readonly (string | Buffer)[]

/**
 * Who is in the directory. AD and OpenLDAP say in their own ways what is the matter with an account.
 * Names and addresses that collide are there to be mistaken for one another.
 */
export const people = [
  { name: 'ada', fullName: 'Ada Lovelace', mail: 'ada@example.test' },
  { name: 'ben', fullName: 'Ben Franklin', mail: 'ben@example.test' },
  { name: 'zoe', fullName: 'Zoë Müller, (Ops) \\ *', mail: 'zoe@example.test' },
  { name: 'nobody-else', fullName: 'Ada Byron', mail: 'ada@example.test' },
  { name: 'eve', fullName: 'Eve Moneypenny', mail: 'ben' },
  { name: 'grace', fullName: 'Grace Hopper', mail: 'grace@example.test', state: 'disabled' },
  { name: 'olga', fullName: 'Olga Ladyzhenskaya', mail: 'olga@example.test', state: 'account expired' },
  { name: 'lena', fullName: 'Lena Söderberg', mail: 'lena@example.test', state: 'locked' },
  { name: 'mia', fullName: 'Mia Hamm', mail: 'mia@example.test', state: 'must change password' },
  { name: 'pia', fullName: 'Pia Sundhage', mail: 'pia@example.test', state: 'password expired' },
] as const satisfies readonly Person[]

export type Person = { name: string; fullName: string; mail: string; state?: State }
type State = 'disabled' | 'account expired' | 'locked' | 'must change password' | 'password expired'

/** Groups by their names, and who is in them: people by short name, and groups. The last two hold each other. */
export const groups: Readonly<Record<string, { people?: string[]; groups?: string[] }>> = {
  developers: { people: ['ada', 'zoe'] },
  engineers: { groups: ['developers'] },
  'all-staff': { groups: ['engineers'] },
  operators: { people: ['ben'] },
  'Küche, Bar + Grill': { people: ['ada'] },
  'round-one': { people: ['ada'], groups: ['round-two'] },
  'round-two': { groups: ['round-one'] },
}

/** What stands for a value in a DN (RFC 4514, section 2.4). */
export function escapeRdn(value: string): string {
  return value.replace(/[,+"\\<>;=#]|^ | $/g, special => `\\${special}`)
}

/** A connection whose server is verified, bound as somebody. The caller unbinds it. */
export async function connect(
  directory: Directory,
  dn: string,
  password: string,
  by: 'ldaps' | 'starttls' = 'ldaps',
): Promise<Client> {
  const client = openClient(directory, by)
  try {
    if (by === 'starttls') await client.startTLS({ ca: readFileSync(directory.caFile) })
    await client.bind(dn, password)
    return client
  } catch (error) {
    await client.unbind()
    throw error
  }
}

/** Does something as the directory's administrator. */
export async function asAdmin<T>(directory: Directory, act: (client: Client) => Promise<T>): Promise<T> {
  const client = await connect(directory, directory.adminDn, directory.adminPassword)
  try {
    return await act(client)
  } finally {
    await client.unbind()
  }
}

/** Replaces attributes of an entry. One without values is removed. */
export function changeEntry(
  directory: Directory,
  dn: string,
  replaced: Readonly<Record<string, Values>>,
): Promise<void> {
  const changes = attributesOf(replaced).map(
    modification => new Change({ operation: 'replace', modification }),
  )
  return asAdmin(directory, client => client.modify(dn, changes))
}

export function addMember(directory: Directory, groupDn: string, memberDn: string): Promise<void> {
  const modification = new Attribute({ type: 'member', values: [memberDn] })
  return asAdmin(directory, client => client.modify(groupDn, new Change({ operation: 'add', modification })))
}

export function removeMember(directory: Directory, groupDn: string, memberDn: string): Promise<void> {
  const modification = new Attribute({ type: 'member', values: [memberDn] })
  return asAdmin(directory, client =>
    client.modify(groupDn, new Change({ operation: 'delete', modification })),
  )
}

export function attributesOf(values: Readonly<Record<string, Values>>): Attribute[] {
  return Object.entries(values).map(([type, value]) => {
    const all = typeof value === 'string' || Buffer.isBuffer(value) ? [value] : [...value]
    // On the wire both are octets.
    return new Attribute({ type, values: all.map(one => Buffer.from(one as string)) })
  })
}

function openClient({ url, tlsUrl, caFile }: Directory, by: 'ldaps' | 'starttls'): Client {
  const limits = { timeout: 30_000, connectTimeout: 30_000 }
  return by === 'starttls'
    ? new Client({ url, ...limits })
    : new Client({ url: tlsUrl, ...limits, tlsOptions: { ca: readFileSync(caFile) } })
}
