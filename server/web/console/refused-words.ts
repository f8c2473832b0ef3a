import type { CallRefused } from '../../aws/act-as.ts'

/** `sealed` is the whole story, for who may decode it. */
export type Denial = { principal: string; action: string; resource: string; why: string; sealed?: string }

/** Undefined for a refusal that is no denial. */
export function denialIn({ reason, said }: CallRefused): Denial | undefined {
  if (reason !== 'access.denied') return undefined
  const { principal = '', action = '', resource = '', why = '', sealed } = said
  return { principal, action, resource, why, ...(sealed === undefined ? {} : { sealed }) }
}

/** In the place of what a page leaves out. */
export function sentenceOfDenial({ principal, action, resource, why }: Denial): string {
  return `${principal} may not do ${action} on ${resource}, ${why}.`
}

export function refusedLocals(refused: CallRefused): { title: string; [name: string]: unknown } {
  const denial = denialIn(refused)
  const title =
    denial !== undefined
      ? 'That is not allowed'
      : refused.reason === 'entity.missing'
        ? 'Not found'
        : 'That did not work'
  return { title, denial, message: refused.message }
}
