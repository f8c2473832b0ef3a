/** RFC 4648, section 6: as an authenticator app reads a seed. */
export function fromBase32(text: string): Buffer {
  const bits = [...text]
    .map(one => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(one).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
}
