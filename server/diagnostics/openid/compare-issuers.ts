/** How what a provider calls itself differs from what it is known as here: it must be the same letter by letter. */
export function describeDifference(theirs: string, ours: string): string {
  const trimmed = (text: string) => text.replace(/\/+$/, '')
  const bare = (text: string) => text.replace(/^https?:\/\//i, '')
  if (theirs === `${ours}/`) return 'theirs ends in a slash and ours does not'
  if (`${theirs}/` === ours) return 'ours ends in a slash and theirs does not'
  if (trimmed(theirs) === trimmed(ours)) return 'they differ in the slashes at the end'
  if (theirs.toLowerCase() === ours.toLowerCase()) return 'they differ in upper and lower case'
  if (bare(theirs) === bare(ours)) return 'they differ in http and https'
  if (new URL(ours).host !== URL.parse(theirs)?.host) return 'they are of different hosts'
  return 'they differ in the path'
}
