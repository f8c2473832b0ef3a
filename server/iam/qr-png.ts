import { crc32, deflateSync } from 'node:zlib'
import { encode } from 'uqr'

const scale = 6
const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])

/**
 * A text as a QR code: a PNG of one bit a pixel.
 * @see ISO/IEC 15948 (PNG), section 11.2
 */
export function qrPng(text: string): Buffer {
  const { data, size } = encode(text, { border: 4 })
  const pixels = size * scale
  const rows: Buffer[] = []
  for (const row of data) {
    // Each line begins with the number of its filter: none.
    const line = Buffer.alloc(1 + Math.ceil(pixels / 8))
    for (let x = 0; x < pixels; x++) {
      const isDark = row[Math.floor(x / scale)] === true
      if (!isDark) line[1 + (x >> 3)] = (line[1 + (x >> 3)] ?? 0) | (0x80 >> (x & 7))
    }
    for (let n = 0; n < scale; n++) rows.push(line)
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(pixels, 0)
  header.writeUInt32BE(pixels, 4)
  // One bit, grey; deflate, adaptive filters, not interlaced.
  header[8] = 1
  const image = deflateSync(Buffer.concat(rows))
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', image),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  checksum.writeUInt32BE(crc32(typed))
  return Buffer.concat([length, typed, checksum])
}
