-- The policy as a versioned document.

create table policy_version (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  number int not null,
  document jsonb not null,
  -- SHA-256 of the document's text as it was taken in.
  digest bytea not null,
  author uuid,
  approver uuid,
  in_force_from timestamptz not null,
  created_at timestamptz not null default now(),
  unique (school_id, number)
);

grant select, insert on policy_version to gatehouse_app;
alter table policy_version enable row level security;
alter table policy_version force row level security;
create policy own_school on policy_version to gatehouse_app using (school_id = gh_school()) with check (school_id = gh_school());
