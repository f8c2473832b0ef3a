/**
 * Puts values into a filter's `{names}`, each escaped: what somebody types must never become a part of the question
 * (LDAP injection: `*)(uid=*` as a name would find everybody).
 *
 * @see RFC 4515, section 3
 */
export function fillFilter(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name]
    return value === undefined ? whole : escapeValue(value)
  })
}

/** `ldapts` takes an escape for a character, not for a byte: what is beyond ASCII goes as it is. */
function escapeValue(value: string): string {
  return value.replace(/[\\*()\0]/g, special => `\\${special.charCodeAt(0).toString(16).padStart(2, '0')}`)
}
