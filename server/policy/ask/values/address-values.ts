import ipaddr from 'ipaddr.js'
import { readBlock } from '../../operators/ip-address.ts'

/** Addresses reserved for examples, and a text that is no address. */
const examples = ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', 'nowhere']
/** Both ends of all addresses, and of IPv4 in the clothes of IPv6, which is taken for IPv4. */
const edges = ['0.0.0.0', '::', '::ffff:0.0.0.0', '::1:0:0:0']

/**
 * One address, at least, for each set of blocks that an address can be in. Between two neighbouring edges all
 * addresses are in the same blocks, and each such stretch begins where a block begins or has just ended.
 */
export function addressValues(blocks: readonly string[]): string[] {
  const within: string[] = []
  const begin: string[] = []
  for (const text of blocks) {
    const [base, bits] = readBlock(text) ?? []
    if (base === undefined || bits === undefined) continue
    const bytes = base.toByteArray()
    const size = 1n << BigInt(bytes.length * 8 - bits)
    const start = (toNumber(bytes) / size) * size
    if (size > 2n) within.push(...toText(start + 1n, bytes.length))
    begin.push(...toText(start, bytes.length), ...toText(start + size, bytes.length))
  }
  return [...within, ...examples, ...begin, ...edges]
}

function toNumber(bytes: readonly number[]): bigint {
  return bytes.reduce((number, byte) => number * 256n + BigInt(byte), 0n)
}

/** None past the last address. */
function toText(number: bigint, length: number): string[] {
  if (number >= 1n << BigInt(length * 8)) return []
  const bytes = Array.from({ length }, (_, n) => Number((number >> BigInt((length - 1 - n) * 8)) & 255n))
  return [ipaddr.fromByteArray(bytes).toString()]
}
