import { run } from './cli/run.ts'

// What SQLite may have to make beside a database is for this user alone.
process.umask(0o077)
process.exitCode = await run(process.argv.slice(2), { output: process.stdout, input: process.stdin })
