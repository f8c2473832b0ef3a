/** Second factors. */
export const mfaDevices = [
  `create table mfa_devices (
    serial_number {text} primary key,
    sealed_seed {bytes} not null,
    tags {text} not null,
    created_at_ms bigint not null,
    user_id {text} references principals (id),
    enabled_at_ms bigint,
    last_step bigint not null default 0
  )`,
  `create index mfa_devices_by_user on mfa_devices (user_id)`,
]
