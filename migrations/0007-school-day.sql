-- The school's day and places, and what was given to people by name: what the policy's conditions ask (COM-12, DEV-09..11).

create table timetable_slot (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  name text not null check (length(name) between 1 and 80),
  kind text not null check (kind in ('lesson', 'tutor-time', 'break', 'lunch', 'club')),
  days int[] not null check (days <@ '{1,2,3,4,5,6,7}' and cardinality(days) > 0),
  -- HH:MM on the school's wall clock; the end is not included.
  from_time text not null check (from_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  to_time text not null check (to_time ~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$' and to_time > from_time),
  unique (school_id, name)
);

create table zone (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  site_id uuid not null references site,
  name text not null check (length(name) between 1 and 80),
  kind text not null check (kind in ('main-building', 'outside', 'off-site')),
  unique (site_id, name)
);

-- A person on a list, or with a permission, under one rule of the policy. Ended, never deleted.
create table use_grant (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  rule text not null,
  person_id uuid not null references person,
  granted_by uuid not null references person,
  purpose text not null check (length(purpose) between 3 and 500),
  from_at timestamptz not null,
  until_at timestamptz check (until_at > from_at),
  ended_by uuid references person,
  ended_at timestamptz,
  created_at timestamptz not null default now()
);
create index use_grant_live on use_grant (school_id, rule, person_id) where ended_at is null;

grant select, insert, update, delete on timetable_slot, zone to gatehouse_app;
grant select, insert, update (ended_by, ended_at) on use_grant to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['timetable_slot', 'zone', 'use_grant'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school()) with check (school_id = gh_school())', t);
  end loop;
end $$;
