import ipaddr from 'ipaddr.js'

/**
 * What an address is counted under: one household's IPv6 is a /64, and counting single addresses would give
 * everybody 2^64 budgets.
 */
export function networkOf(address: string): string {
  return prefixOf(address, 64) ?? address
}

/** What one customer of a provider may have of IPv6: 65,536 networks. Of IPv4 there is no such thing. */
export function siteOf(address: string): string | undefined {
  return prefixOf(address, 48)
}

function prefixOf(address: string, bits: number): string | undefined {
  if (!address.includes(':') || !ipaddr.IPv6.isValid(address)) return undefined
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address}/${bits}`).toString()}/${bits}`
}
