/**
 * A map's key as part of a path: a dot within one could make one member look like another's. Names of structures have
 * nothing to escape.
 */
export function escapeName(name: string): string {
  if (name === '') return '%'
  return name.replace(/\W/g, character => `%${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** What was escaped, also within a path. */
export function plainName(escaped: string): string {
  if (escaped === '%') return ''
  return escaped.replace(/%([0-9a-f]{4})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
}
