/** Passwords of users. */
export const loginProfiles = [
  `create table login_profiles (
    user_id {text} primary key references principals (id),
    hash {text} not null,
    earlier_hashes {text} not null,
    reset_required integer not null,
    created_at_ms bigint not null,
    changed_at_ms bigint not null
  )`,
]
