import type { IamDeps } from './deps.ts'
import type { UsageCounts } from './shapes.ts'

export const noUsage: UsageCounts = { attachments: 0, boundaries: 0 }

/** How often each policy is in use, by its id. */
export async function usages({ policies }: IamDeps): Promise<(id: string) => UsageCounts> {
  const [attached, bounding] = await Promise.all([policies.attachmentCounts(), policies.boundaryCounts()])
  return id => ({ attachments: attached.get(id) ?? 0, boundaries: bounding.get(id) ?? 0 })
}
