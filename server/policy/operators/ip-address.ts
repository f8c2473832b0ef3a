import ipaddr from 'ipaddr.js'
import { anyOf, noneOf, type Operator } from './operator.ts'

const within: Operator['compile'] = value => {
  const block = readBlock(value)
  if (block === undefined) return undefined
  const [base, bits] = block
  return text => {
    if (!ipaddr.isValid(text)) return false
    const actual = ipaddr.process(text)
    return actual.kind() === base.kind() && actual.match(base, bits)
  }
}

/** @see AWS IAM User Guide, condition operators, IP address */
export const ipAddressOperators = {
  IpAddress: anyOf(within),
  NotIpAddress: noneOf(within),
} satisfies Record<string, Operator>

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** `192.0.2.1` or `192.0.2.0/24`. Octal and shortened forms, which readers take differently, are refused. */
function readBlock(text: string): Block | undefined {
  const [address = '', bits, ...more] = text.split('/')
  const known = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)
  if (!known || more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined
  const base = ipaddr.parse(address)
  const most = base.kind() === 'ipv4' ? 32 : 128
  const length = bits === undefined ? most : Number(bits)
  return length <= most ? [base, length] : undefined
}
