/**
 * Lists of some of the singles, one for each outcome that a list can have; the shortest first. What one more
 * member changes must follow from the outcome so far: then lists need to be made longer only as long as that
 * brings new outcomes.
 *
 * @returns also whether these are all, or there were more than `most`
 */
export function closeLists<Single>(
  singles: readonly Single[],
  outcomeOf: (list: readonly Single[]) => string,
  most: number,
): { lists: ReadonlyMap<string, readonly Single[]>; complete: boolean } {
  const lists = new Map<string, readonly Single[]>()
  const isNew = (list: readonly Single[]): boolean => {
    const outcome = outcomeOf(list)
    if (lists.has(outcome)) return false
    lists.set(outcome, list)
    return true
  }
  const distinct = singles.filter(single => isNew([single]))
  let latest = [...lists.values()]
  while (latest.length > 0 && lists.size <= most) {
    latest = latest.flatMap(list => distinct.map(single => [...list, single])).filter(isNew)
  }
  const complete = latest.length === 0 && lists.size <= most
  return { lists: complete ? lists : new Map([...lists].slice(0, most)), complete }
}
