/**
 * Milliseconds from an xs:dateTime, which in SAML is in UTC; undefined for what is none.
 * @see SAML Core, section 1.3.3
 */
export function readSamlTime(text: string): number | undefined {
  const [, written] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?)Z?$/.exec(text) ?? []
  const ms = written === undefined ? Number.NaN : Date.parse(`${written}Z`)
  // The engine takes the 30th of February for the 1st of March.
  if (Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text.slice(0, 10)) return undefined
  return ms
}
