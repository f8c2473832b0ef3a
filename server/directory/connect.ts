import type { ConnectionOptions } from 'node:tls'
import type { Client } from 'ldapts'
import type { DirectorySettings } from './settings.ts'

/** For a server to take the connection, and for it to answer each question. */
const connectMs = 1_500
const answerMs = 3_000

/**
 * A client of one server, over TLS unless it is on this machine; nobody is signed in on it yet. Without StartTLS it
 * connects at the first question.
 *
 * @throws what the network or the certificate said
 */
export async function connect(url: string, { ca, startTls }: DirectorySettings): Promise<Client> {
  // Loaded with the first connection: most installations never need it.
  const { Client } = await import('ldapts')
  const { hostname } = new URL(url)
  const host = hostname.replace(/^\[|\]$/g, '')
  const tls: ConnectionOptions = { host, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) }
  const times = { connectTimeout: connectMs, timeout: answerMs }
  // With TLS options the library speaks TLS from the first byte, whatever the address says.
  if (url.startsWith('ldaps:')) return new Client({ url, ...times, tlsOptions: tls })
  const client = new Client({ url, ...times })
  if (startTls) await upgrade(client, tls)
  return client
}

/** The library waits for a handshake without end. */
async function upgrade(client: Client, tls: ConnectionOptions): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no TLS handshake in time')), connectMs)
  })
  const upgraded = client.startTLS(tls)
  upgraded.catch(() => undefined)
  try {
    await Promise.race([upgraded, end])
  } catch (error) {
    client.unbind().catch(() => undefined)
    throw error
  } finally {
    clearTimeout(timer)
  }
}
