-- The part of the budget for groups that each user has used up. States are kept for ever, because readers check the
-- chain from the first on; so the number and the bytes of one user's states are bounded. A worker that stores a state
-- counts it here in the same transaction: the row is locked until its commit, so two workers cannot both take the last
-- place.
--
-- A state counts for its signer: epoch 1 for its admin, a later one for the admin of the epoch before.
create table group_budget (
  uid     bigint primary key references users,
  bytes   bigint not null,                     -- of all states that the user signed
  epochs  bigint not null default 0,           -- made in the 24 hours from `since` on
  since   timestamptz not null default now()
) with (fillfactor = 50);  -- room to update a row in its page

-- Counts the states that exist. A worker of the version before that still runs adds states without counting them.
insert into group_budget (uid, bytes)
select signer, sum(bytes)
from (
  select coalesce(lag(admin) over (partition by gid order by epoch), admin) as signer, octet_length(state) as bytes
  from group_states
) s
group by signer;
