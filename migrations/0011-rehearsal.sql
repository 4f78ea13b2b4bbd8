-- Rehearsals: recorded activity replayed through the policy in force and through a draft (GOV-33).

create table rehearsal (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  draft_id uuid not null references policy_draft,
  -- What was compared: this edit of the draft with this version.
  edit int not null,
  against int not null,
  state text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
  from_at timestamptz not null,
  until_at timestamptz not null check (until_at > from_at),
  -- Requests replayed so far, of how many.
  done bigint not null default 0,
  total bigint not null default 0,
  -- Rises when a worker takes it up, so that one which was thought dead notices that it lost it.
  attempt int not null default 0,
  -- Counts and sites, never people.
  result jsonb,
  error text,
  by_person uuid not null references person,
  at timestamptz not null,
  ended_at timestamptz,
  check ((state = 'done') = (result is not null))
);
create unique index rehearsal_one_at_a_time on rehearsal (school_id) where state in ('waiting', 'running');
create index rehearsal_draft on rehearsal (draft_id, at desc);

grant select, insert, delete,
  update (edit, against, state, done, total, attempt, result, error, ended_at) on rehearsal to gatehouse_app;

alter table rehearsal enable row level security;
alter table rehearsal force row level security;
create policy own_school on rehearsal to gatehouse_app
  using (school_id = gh_school()) with check (school_id = gh_school());
