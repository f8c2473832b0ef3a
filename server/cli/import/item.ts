/** A secret that is to be brought in. Its value is for the wire alone. */
export type Item = {
  name: string
  value: string | Uint8Array
  description?: string | undefined
  tags?: readonly { Key: string; Value: string }[]
}

/** One that can't be, and why, without its value. */
export type Unfit = { name: string; unfit: string }

/** It tells how many it has before it gives the first. */
export type Source = { count: number; items(): AsyncIterable<Item | Unfit> }

const mostBytes = 65_536

/** What the service would refuse in any case is told before anything is sent. */
export function fitOrNot(item: Item): Item | Unfit {
  const { name, value } = item
  // `!` marks what other services of AWS manage: nobody can make one.
  if (!/^[A-Za-z0-9/_+=.@-]{1,512}$/.test(name)) {
    return { name, unfit: 'its name may hold letters, digits and /_+=.@- alone, 512 at most' }
  }
  const bytes = typeof value === 'string' ? Buffer.byteLength(value) : value.length
  if (bytes === 0) return { name, unfit: 'its value is empty, and a secret can’t be' }
  if (bytes > mostBytes) return { name, unfit: `its value has ${bytes} bytes, and ${mostBytes} are the most` }
  return item
}
