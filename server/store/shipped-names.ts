/**
 * Policies that ship with the service stand beside the account's own, whose names they must not take: theirs are
 * kept with a mark before them that no name can have.
 */
const mark = 'aws:'

export type PolicyName = { name: string; shipped: boolean }

/** As it is kept. */
export function storedName({ name, shipped }: PolicyName): string {
  return shipped ? `${mark}${name}` : name
}

export function readStoredName(stored: string): PolicyName {
  const shipped = stored.startsWith(mark)
  return { name: shipped ? stored.slice(mark.length) : stored, shipped }
}
