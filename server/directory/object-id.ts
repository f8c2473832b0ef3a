/**
 * A GUID as people write it. The first three fields are numbers, and little-endian on the wire.
 * @see [MS-DTYP] section 2.3.4
 */
export function guidText(bytes: Uint8Array): string | undefined {
  if (bytes.length !== 16) return undefined
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  const hex = order.map(at => (bytes[at] ?? 0).toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** The way back. */
export function guidBytes(text: string): Buffer {
  const hex = Buffer.from(text.replaceAll('-', ''), 'hex')
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return Buffer.from(order.map(at => hex[at] ?? 0))
}

/**
 * The security identifier of somebody's primary group, of which they are a member without being listed: their own, with
 * the group's number at its end.
 * @see [MS-DTYP] section 2.4.2.2, [MS-ADA3] primaryGroupID
 */
export function primaryGroupSid(ownSid: Uint8Array, primaryGroupId: string | undefined): Buffer | undefined {
  if (primaryGroupId === undefined || !/^\d{1,10}$/.test(primaryGroupId) || ownSid.length < 12)
    return undefined
  const sid = Buffer.from(ownSid)
  sid.writeUInt32LE(Number(primaryGroupId) >>> 0, sid.length - 4)
  return sid
}
