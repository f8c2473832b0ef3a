import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { checkServerIdentity, connect as connectTls, type TLSSocket } from 'node:tls'
import { inDays, ok, problem, type Step, warning } from './step.ts'

export type TlsServer = {
  /** By the name that the certificate must have. */
  host: string
  /** Where that was found to be. */
  address: string
  port: number
  /** PEM, in the place of the system's certificate authorities. */
  ca?: string | undefined
  /** What has to be said before TLS can begin. */
  prepare?: ((socket: Socket) => Promise<void>) | undefined
}

const patienceMs = 5_000
const soonMs = 14 * 86_400_000

/** Shakes hands, whatever the certificate says, and tells what is wrong with it. Nothing is sent over the connection. */
export async function certificateStep(server: TlsServer, nowMs: number): Promise<Step> {
  const check = `TLS certificate of ${server.host}`
  let socket: TLSSocket
  try {
    socket = await shakeHands(server)
  } catch (error) {
    const { reason, message }: { reason?: string; message?: string } = Object(error)
    // OpenSSL's message has its own source lines in it.
    const why = reason ?? message ?? String(error)
    const change = `See that ${server.host} answers TLS 1.2 or later on port ${server.port}, and that no firewall is between.`
    return problem(check, `No TLS connection came about: ${why}.`, change)
  }
  try {
    return judge(check, server, socket, nowMs)
  } finally {
    socket.destroy()
  }
}

async function shakeHands({ host, address, port, ca, prepare }: TlsServer): Promise<TLSSocket> {
  const plain = connectTcp({ host: address, port })
  const late = setTimeout(() => plain.destroy(new Error(`nothing within ${patienceMs} ms`)), patienceMs)
  const failed = new Promise<never>((_resolve, reject) => plain.once('error', reject))
  failed.catch(() => undefined)
  try {
    await Promise.race([new Promise<void>(resolve => plain.once('connect', resolve)), failed])
    if (prepare !== undefined) await Promise.race([prepare(plain), failed])
    const socket = connectTls({
      socket: plain,
      // Only to compare it with the certificate's names: the connection is there already.
      host,
      servername: isIP(host) === 0 ? host : '',
      rejectUnauthorized: false,
      minVersion: 'TLSv1.2',
      ...(ca === undefined ? {} : { ca }),
    })
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve)
      socket.once('error', reject)
      socket.once('close', () => reject(new Error('it closed the connection')))
    })
    socket.on('error', () => undefined)
    return socket
  } catch (error) {
    plain.destroy()
    throw error
  } finally {
    clearTimeout(late)
  }
}

function judge(check: string, { host, ca }: TlsServer, socket: TLSSocket, nowMs: number): Step {
  const certificate = socket.getPeerCertificate()
  const endsAtMs = Date.parse(certificate.valid_to)
  const renew = `Renew the certificate of ${host}.`
  if (endsAtMs <= nowMs) return problem(check, `It expired ${inDays(nowMs - endsAtMs)} ago.`, renew)
  if (Date.parse(certificate.valid_from) > nowMs) {
    const change = `Set this machine's clock right; if it is, have ${host} use another certificate.`
    return problem(check, `It is valid only from ${certificate.valid_from} on.`, change)
  }
  if (checkServerIdentity(host, certificate) !== undefined) {
    const names = certificate.subjectaltname ?? 'none'
    const change = `Use one of the certificate's names, or have one issued for ${host}.`
    return problem(check, `It is for other names (${names}), not for ${host}.`, change)
  }
  if (!socket.authorized) return problem(check, ...untrusted(String(socket.authorizationError), ca))
  const rest = inDays(endsAtMs - nowMs)
  if (endsAtMs - nowMs < soonMs) return warning(check, `It is good, but expires in ${rest}.`, renew)
  const by = certificate.issuer?.O ?? certificate.issuer?.CN ?? 'an authority without a name'
  return ok(check, `Good for ${rest}, issued by ${by}.`)
}

/** @see OpenSSL, X509_STORE_CTX_get_error; Node.js, X509 certificate error codes */
function untrusted(code: string, ca: string | undefined): [says: string, change: string] {
  const trust =
    ca === undefined
      ? 'Put the certificate of its authority into a file and start Rolecall with NODE_EXTRA_CA_CERTS=that-file.'
      : 'Put the certificate of its authority into the file that LDAP_CA_FILE names.'
  if (code.includes('SELF_SIGNED')) return [`No authority that we trust stands behind it (${code}).`, trust]
  if (code === 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' || code.startsWith('UNABLE_TO_GET_ISSUER_CERT')) {
    const change = `If a public authority issued it, have the server send its intermediate certificates too. Else: ${trust}`
    return [`Its chain does not lead to an authority that we trust (${code}).`, change]
  }
  return [`It is not accepted: ${code}.`, trust]
}
