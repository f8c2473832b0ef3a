/** Preloaded into a process (`--import`), it writes down every module that the process and its threads load. */
import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

const file = process.env.LOADS_FILE
if (file === undefined) throw new Error('LOADS_FILE says where to write')

registerHooks({
  load(url, context, nextLoad) {
    appendFileSync(file, `${url}\n`)
    return nextLoad(url, context)
  },
})
