import pg from 'pg'

/**
 * Drops a user with the rights that they were given, within a transaction. No data is lost: what they own is left to
 * an heir of theirs, who logs in nowhere and has no rights.
 *
 * Never to the master: functions with `security definer`, views, what indexes, triggers and foreign keys call on behalf of
 * a table's owner, all of that would act by the master's rights from then on. Nor to one heir of all: what one user left
 * would act on what others did.
 */
export async function dropPostgresUser(client: pg.Client, user: string): Promise<void> {
  const name = pg.escapeIdentifier(user)
  // A master who is no superuser must be one of them to take from them what is theirs.
  await client.query(`grant ${name} to current_user`)
  if (await ownsAnything(client, user)) {
    const heir = pg.escapeIdentifier(heirOf(user))
    await client.query(`create role ${heir} nologin`)
    await client.query(`comment on role ${heir} is ${pg.escapeLiteral(markOf(user))}`)
    // For who looks after it, and for the next statement but one.
    await client.query(`grant ${heir} to current_user`)
    // Until the user is gone: whoever is given a function must be allowed to make one where it is.
    await client.query(`grant ${name} to ${heir}`)
    await client.query(`reassign owned by ${name} to ${heir}`)
  }
  await client.query(`drop owned by ${name}`)
  await client.query(`drop role ${name}`)
}

/** A leased user's name has 32 letters at most. */
function heirOf(user: string): string {
  return `${user}_left`
}

function markOf(user: string): string {
  return `Rolecall: has what ${JSON.stringify(user)} left`
}

/** In this database, or that is nobody's in particular. What they set for themselves alone goes with them. */
async function ownsAnything(client: pg.Client, user: string): Promise<boolean> {
  const { rows } = await client.query(
    `select 1
       from pg_catalog.pg_shdepend as owned
       join pg_catalog.pg_roles as role on role.oid = owned.refobjid
      where owned.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
        and owned.deptype = 'o'
        and owned.dbid in (0, (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database()))
        and owned.classid not in (
          'pg_catalog.pg_default_acl'::pg_catalog.regclass, 'pg_catalog.pg_user_mapping'::pg_catalog.regclass)
        and role.rolname = $1
      limit 1`,
    [user],
  )
  return rows.length > 0
}
