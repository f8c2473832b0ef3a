import { lookup } from 'node:dns/promises'
import type { Socket } from 'node:net'
import type { Client } from 'ldapts'
import type { Clock } from '../../base/clock.ts'
import { checkPassword } from '../../directory/check-password.ts'
import { connect } from '../../directory/connect.ts'
import { readEntry } from '../../directory/entry.ts'
import type { DirectorySettings } from '../../directory/settings.ts'
import { compareClocks } from '../clock-step.ts'
import { certificateStep } from '../inspect-certificate.ts'
import { ok, problem, type Step, skipped } from '../step.ts'
import { sayLdap } from './directory-steps.ts'

/** One server: found, trusted, signed in to, in time. Answers with the connection, for whoever goes on. */
export async function* serverSteps(
  text: string,
  settings: DirectorySettings,
  clock: Clock,
): AsyncGenerator<Step, Client | undefined> {
  const url = new URL(text)
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const check = `Address of ${url.host}`
  const address = await lookup(host).catch((error: Error) => error)
  if (address instanceof Error) {
    yield problem(check, `${address.message}.`, 'Correct LDAP_URL, or this machine’s name service.')
    return undefined
  }
  yield ok(check, address.address)
  const tls = await tlsStep(url, host, address.address, settings, clock)
  yield tls
  if (tls.outcome === 'problem') return undefined
  const client = yield* signInSteps(text, settings)
  if (client !== undefined) yield await timeStep(client, clock)
  return client
}

function tlsStep(
  url: URL,
  host: string,
  address: string,
  { ca, startTls }: DirectorySettings,
  clock: Clock,
): Promise<Step> | Step {
  const isTls = url.protocol === 'ldaps:'
  if (!isTls && !startTls) return skipped(`TLS certificate of ${host}`, 'Plain LDAP, on this machine alone.')
  const port = Number(url.port || (isTls ? 636 : 389))
  return certificateStep({ host, address, port, ca, ...(isTls ? {} : { prepare: askForTls }) }, clock())
}

/** ExtendedRequest 1.3.6.1.4.1.1466.20037 as message 1. @see RFC 4511, section 4.14.1 */
const startTlsRequest = Buffer.from(
  `301d02010177188016${Buffer.from('1.3.6.1.4.1.1466.20037').toString('hex')}`,
  'hex',
)
/** ExtendedResponse (0x78) with ENUMERATED success, for message 1. */
const accepted = /^30.{2}02010178.{2}0a0100/

async function askForTls(socket: Socket): Promise<void> {
  socket.write(startTlsRequest)
  const answer: Buffer = await new Promise((resolve, reject) => {
    socket.once('data', resolve)
    socket.once('close', () => reject(new Error('it closed the connection')))
  })
  if (!accepted.test(answer.toString('hex'))) throw new Error('it refuses StartTLS')
}

async function* signInSteps(
  url: string,
  settings: DirectorySettings,
): AsyncGenerator<Step, Client | undefined> {
  const check = 'Signing in as the service'
  let client: Client | undefined
  try {
    client = await connect(url, settings)
    if (settings.bind === undefined) {
      await client.search('', { scope: 'base', attributes: ['1.1'] })
      yield ok(check, 'Anonymously: no LDAP_BIND_DN is set.')
      return client
    }
    const { dn, password } = settings.bind
    const checked = await checkPassword(client, dn, password)
    if (checked.isRight) {
      yield ok(check, `As ${dn}.`)
      return client
    }
    yield problem(check, `${dn} is refused: ${checked.why}.`, 'Correct LDAP_BIND_DN and LDAP_BIND_PASSWORD.')
  } catch (error) {
    yield problem(
      check,
      `${url}: ${sayLdap(error)}`,
      'See that the server takes connections from this machine.',
    )
  }
  await client?.unbind().catch(() => undefined)
  return undefined
}

/** AD tells its time to everybody. @see [MS-ADTS] section 3.1.1.3.2.3, currentTime */
async function timeStep(client: Client, clock: Clock): Promise<Step> {
  try {
    const { searchEntries } = await client.search('', { scope: 'base', attributes: ['currentTime'] })
    const [root] = searchEntries
    const text = root && readEntry(root).one('currentTime')
    const [, ...parts] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(text ?? '') ?? []
    if (parts.length === 0) return skipped('Clock', 'The server does not tell its time.')
    const [year, month, day, hour, minute, second] = parts
    return compareClocks(Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`), clock())
  } catch (error) {
    return skipped('Clock', `The server does not tell its time: ${sayLdap(error)}`)
  }
}
