import type { AuditEvent } from '../../audit/audit-event.ts'
import type { AuditLog } from '../../audit/audit-log.ts'
import { secretArn } from '../../base/arn.ts'
import { newRequestId } from '../../base/ids.ts'
import type { Rotations } from '../../store/rotations.ts'
import type { RunningRotation } from '../../store/secrets.ts'

/** What nobody called for: CloudTrail has such events of services as well. */
export function rotationEvent(
  event: string,
  resource: string,
  atMs: number,
  detail: Readonly<Record<string, unknown>>,
): AuditEvent {
  const from = { requestId: newRequestId(atMs), sourceIp: 'rolecall.internal' }
  return { atMs, event, decision: 'allowed', ...from, resource, detail }
}

type Told = { audit: Pick<AuditLog, 'note'>; history: Rotations; accountId: string }

/** Says of a rotation that was given up for what somebody did by hand, or that ended with its secret. */
export async function noteAbandoned(
  secretId: string,
  running: RunningRotation | undefined,
  nowMs: number,
  { audit, history, accountId }: Told,
): Promise<void> {
  if (running === undefined) return
  audit.note(
    rotationEvent('RotationAbandoned', secretArn(accountId, secretId), nowMs, { versionId: running.token }),
  )
  await history.noteState(secretId, running.token, { state: 'abandoned', endedAtMs: nowMs })
}
