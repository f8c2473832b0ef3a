import { existsSync } from 'node:fs'
import { type Config, readConfig } from '../config.ts'
import { describeEvent } from '../diagnostics/request/describe-event.ts'
import { type FoundRequest, findRequest } from '../diagnostics/request/find-request.ts'
import { auditFile, openAuditReader } from '../installation.ts'
import { type Command, CommandError, type ExitCode, type Terminal } from './command.ts'
import { renderEvent } from './render.ts'

export const why: Command = {
  words: ['why'],
  usage: 'REQUEST-ID',
  summary: 'Tells what the audit log knows of a request: who was refused what, why, and what to change.',
  options: {},
  async run({ output }, [requestId, ...more]) {
    if (requestId === undefined || more.length > 0) {
      throw new CommandError(
        'Which request? Its id is in the answer: x-request-id, RequestId, or on the page that said no.',
      )
    }
    const config = readConfig()
    requireLog(config)
    const reader = openAuditReader(config)
    try {
      return tell(await findRequest(reader, requestId.trim().toLowerCase()), output)
    } finally {
      await reader.close()
    }
  },
}

function requireLog({ databaseUrl, dataDir }: Config): void {
  if (databaseUrl !== undefined || existsSync(auditFile(dataDir))) return
  throw new CommandError(
    `There is no audit log in ${dataDir}; run this with the ROLECALL_DATA_DIR of the service.`,
  )
}

function tell(answer: FoundRequest, output: Terminal['output']): ExitCode {
  switch (answer.found) {
    case 'rows':
      output.write(answer.rows.map(row => renderEvent(describeEvent(row), output)).join('\n'))
      return 0
    case 'counted':
      output.write(
        `No row has this id. The request came at ${new Date(answer.atMs).toISOString()}, when refusals were so many that they were\ncounted together. It is one of these, if it was refused:\n\n`,
      )
      output.write(answer.rows.map(row => renderEvent(describeEvent(row), output)).join('\n'))
      return 0
    case 'nothing':
      output.write(`${nothing(answer)}\n`)
      return 1
  }
}

function nothing({ atMs, isKept }: FoundRequest & { found: 'nothing' }): string {
  if (atMs === undefined) return 'Nothing in the audit log has this id; is it whole?'
  const when = new Date(atMs).toISOString()
  if (!isKept)
    return `The audit log does not go back to ${when}, when this request came; is it another installation's?`
  return [
    `Nothing in the audit log has this id. The request came at ${when}.`,
    'Allowed reading and pages that only show something leave no row, nor does what failed on our side: look for the',
    'id in the service’s log.',
  ].join('\n')
}
