import mysql, { type Connection, type RowDataPacket } from 'mysql2/promise'
import { RotationFailure } from '../rotation/rotator.ts'
import { covers, type Grant, isBare, readGrant, writeGrant } from './mysql-grants.ts'
import { cachingSha2Hash, type MysqlPlugin, mysqlPlugins, nativeHash } from './mysql-password.ts'

/** `IDENTIFIED BY PASSWORD ...`: understood by MariaDB, and by MySQL up to 5.7. */
function nativePassword(password: string): string {
  return mysql.escape(nativeHash(password))
}

/** Accounts are `name@host`, as CURRENT_USER() has them. */
export function createMysqlAccounts(connection: Connection) {
  const rows = async (sql: string): Promise<string[][]> => {
    const [found] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true })
    return found.map(row => row.map(String))
  }
  const only = async (sql: string) => (await rows(sql))[0]?.[0] ?? ''
  const isMariaDb = async () => /mariadb/i.test(await only('select version()'))

  async function proofOf(account: string, password: string): Promise<string> {
    const plugin = pluginIn(await only(`show create user ${account}`))
    if (await isMariaDb()) {
      if (plugin === 'mysql_native_password')
        return `identified via ${plugin} using ${nativePassword(password)}`
    } else {
      const hash =
        plugin === 'caching_sha2_password' ? cachingSha2Hash(password) : Buffer.from(nativeHash(password))
      if (plugin !== undefined) return `identified with ${plugin} as 0x${hash.toString('hex')}`
    }
    throw new RotationFailure('the user is identified by something else than a password that can be changed')
  }

  async function grantsOf(account: string): Promise<Grant[] | undefined> {
    try {
      return (await rows(`show grants for ${account}`)).map(([row = '']) => {
        const grant = readGrant(row)
        if (grant === undefined) throw new RotationFailure('a grant of the user is of no form that is known')
        return grant
      })
    } catch (error) {
      if (Object(error).code === 'ER_NONEXISTING_GRANT') return undefined
      throw error
    }
  }

  return {
    isMariaDb,
    whoAmI: () => only('select current_user()'),
    async changeOwnPassword(password: string) {
      const plugin = pluginIn(await only('show create user current_user()'))
      if (plugin !== 'mysql_native_password') {
        throw new RotationFailure(
          'the user is identified by something else than a password that can be changed',
        )
      }
      await connection.query(`set password = ${nativePassword(password)}`)
    },
    async changePasswordOf(account: string, password: string) {
      const quoted = quoteAccount(account)
      await connection.query(`alter user ${quoted} ${await proofOf(quoted, password)}`)
    },
    /**
     * The twin has the same name of a host. One who is there is asked what they may: whoever holds the first one's
     * password must come by nothing else.
     */
    async changeTwin(using: string, twin: string, password: string) {
      const { host } = splitAccount(using)
      const [user, other] = [quoteAccount(using), quoteAccount(`${twin}@${host}`)]
      const grants = (await grantsOf(user)) ?? []
      const held = await grantsOf(other)
      if (held !== undefined && !covers(grants, held)) {
        throw new RotationFailure(
          `the user ${JSON.stringify(twin)} has rights that ${JSON.stringify(splitAccount(using).name)} has not, expected the same`,
        )
      }
      const [bare, given] = [grants.filter(isBare), grants.filter(grant => !isBare(grant))]
      // What an account requires is said with it: by a grant, that would take rights that a master need not have.
      const account = `${other} ${await proofOf(user, password)}${bare.map(({ tail }) => tail).join('')}`
      if (held === undefined) await connection.query(`create user ${account}`)
      for (const grant of given) await connection.query(writeGrant(grant, other))
      // Last, so that nobody logs in before all rights are there.
      if (held !== undefined) await connection.query(`alter user ${account}`)
    },
  }
}

/** A host may have no `@`, a name may. */
function splitAccount(account: string): { name: string; host: string } {
  const at = account.lastIndexOf('@')
  return { name: account.slice(0, at), host: account.slice(at + 1) }
}

function quoteAccount(account: string): string {
  const { name, host } = splitAccount(account)
  return `${mysql.escape(name)}@${mysql.escape(host)}`
}

/** As SHOW CREATE USER names it; undefined for what we can't make, and for more than one. */
function pluginIn(statement: string): MysqlPlugin | undefined {
  const bare = statement.replace(
    /'(?:[^'\\]|''|\\.)*'@'(?:[^'\\]|''|\\.)*'|`(?:[^`]|``)*`@`(?:[^`]|``)*`/,
    '',
  )
  if (/ IDENTIFIED BY PASSWORD /.test(bare)) return 'mysql_native_password'
  const [, name] = / IDENTIFIED (?:VIA|WITH) '?(\w+)'?(?! OR\b)/.exec(bare) ?? []
  return / OR \w+ (?:USING|$)/.test(bare) ? undefined : mysqlPlugins.find(one => one === name)
}
