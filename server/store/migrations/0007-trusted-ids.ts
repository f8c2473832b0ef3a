/** Whom a trust policy meant when it was written: a name that is given anew means somebody else. */
export const trustedIds = [`alter table roles add column trusted_ids {text} not null default '{}'`]
