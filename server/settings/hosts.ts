import { isIP } from 'node:net'

/** `localhost` and what is below it, 127.0.0.0/8, and ::1 with or without brackets. */
export function isLoopbackHost(host: string): boolean {
  if (isIP(host) === 4) return host.startsWith('127.')
  return /^(?:\[?::1\]?|(?:[a-z0-9-]+\.)*localhost)$/i.test(host)
}

export function isPort(value: string): boolean {
  return /^\d{1,5}$/.test(value) && Number(value) <= 65_535
}

export function isHost(value: string): boolean {
  return isIP(value) !== 0 || isHostName(value)
}

function isHostName(value: string): boolean {
  return (
    value.length <= 253 &&
    /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i.test(value)
  )
}

export function isHostAndPort(value: string): boolean {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(value) ?? []
  const host = bracketed === undefined ? isHostName(plain ?? '') : isIP(bracketed) === 6
  return host && (port === undefined || (isPort(port) && port !== '0'))
}

/** A prefix of 0 would trust every stranger's X-Forwarded-For, and `aws:SourceIp` would be theirs to choose. */
export function isAddressBlock(value: string): boolean {
  const [, address = '', prefix] = /^([0-9a-f.:]+)(?:\/(\d{1,3}))?$/.exec(value) ?? []
  const family = isIP(address)
  const bits = prefix === undefined ? 32 : Number(prefix)
  return family !== 0 && bits > 0 && bits <= (family === 4 ? 32 : 128)
}
