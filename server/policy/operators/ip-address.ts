import ipaddr from 'ipaddr.js'
import { anyOf, noneOf, type Operator } from './operator.ts'

const within: Operator['compile'] = value => {
  const block = readBlock(value)
  if (block === undefined) return undefined
  const [base, bits] = block
  const wanted = base.kind() === 'ipv4' ? readIpv4(base.toString()) : undefined
  const shift = 32 - bits
  return {
    fits(text) {
      const actual = readIpv4(text)
      // A shift by all 32 bits would be one by none.
      if (actual !== undefined)
        return wanted !== undefined && (shift === 32 || (actual ^ wanted) >>> shift === 0)
      return fitsSlowly(text, base, bits)
    },
  }
}

function fitsSlowly(text: string, base: Block[0], bits: number): boolean {
  // IPv4 in octal, in hexadecimal or with parts left out means different hosts to different readers.
  if (!ipaddr.IPv6.isValid(text)) return false
  // IPv4 in the clothes of IPv6 is IPv4.
  const actual = ipaddr.process(text)
  return actual.kind() === base.kind() && actual.match(base, bits)
}

/** `192.0.2.1` as a number. Addresses are most often these, and reading them is most of the work. */
function readIpv4(text: string): number | undefined {
  let [address, part, dots, digits] = [0, 0, 0, 0]
  for (let n = 0; n < text.length; n++) {
    const digit = text.charCodeAt(n) - 0x30
    if (digit >= 0 && digit <= 9 && !(digits > 0 && part === 0)) {
      part = part * 10 + digit
      digits++
      if (part > 255) return undefined
    } else if (text[n] === '.' && digits > 0) {
      address = (address << 8) | part
      part = digits = 0
      dots++
    } else return undefined
  }
  return dots === 3 && digits > 0 ? (address << 8) | part : undefined
}

/** @see AWS IAM User Guide, condition operators, IP address */
export const ipAddressOperators = {
  IpAddress: anyOf(within),
  NotIpAddress: noneOf(within),
} satisfies Record<string, Operator>

type Block = [ipaddr.IPv4 | ipaddr.IPv6, number]

/** Those of `::ffff:` before an IPv4 address. */
const mappedBits = 96

/** `192.0.2.1` or `192.0.2.0/24`. Octal and shortened forms, which readers take differently, are refused. */
export function readBlock(text: string): Block | undefined {
  const [address = '', bits, ...more] = text.split('/')
  const known = ipaddr.IPv4.isValidFourPartDecimal(address) || ipaddr.IPv6.isValid(address)
  if (!known || more.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return undefined
  const base = ipaddr.parse(address)
  const most = base.kind() === 'ipv4' ? 32 : 128
  const length = bits === undefined ? most : Number(bits)
  if (length > most) return undefined
  const isMapped = base instanceof ipaddr.IPv6 && base.isIPv4MappedAddress() && length >= mappedBits
  return isMapped ? [base.toIPv4Address(), length - mappedBits] : [base, length]
}
