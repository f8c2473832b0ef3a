import ipaddr from 'ipaddr.js'

/**
 * What an address is counted under: one household's IPv6 is a /64, and counting single addresses would give
 * everybody 2^64 budgets.
 */
export function networkOf(address: string): string {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return address
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/64`).toString()}/64`
}
