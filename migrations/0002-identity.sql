-- People, how they sign in, which roles they hold.

create table person (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  -- IDA-01: personal and unique; kept in lower case, so "Sam" and "sam" are one name.
  username text not null check (username = lower(username) and username ~ '^[a-z0-9][a-z0-9._@-]{1,63}$'),
  display_name text not null check (length(display_name) between 1 and 120),
  kind text not null check (kind in ('pupil', 'staff', 'governor', 'parent', 'volunteer', 'visitor')),
  year_group int check (year_group between 0 and 14),
  -- Form or tutor group.
  group_name text,
  email text,
  joined_on date not null default current_date,
  left_on date,
  created_at timestamptz not null default now(),
  unique (school_id, username),
  check (kind = 'pupil' or year_group is null)
);
create index person_name on person (school_id, display_name);

create table credential (
  person_id uuid primary key references person,
  school_id uuid not null references school,
  -- Argon2id in PHC form; never the word itself (IDA-03).
  password_hash text not null,
  -- A first password opens only the form to change it (IDA-03).
  must_change boolean not null default true,
  changed_at timestamptz not null default now(),
  -- A first password opens that form once (IDA-03).
  first_used_at timestamptz,
  -- The hashes before, newest first: an old password is not taken again.
  previous_hashes text[] not null default '{}',
  failed_count int not null default 0,
  locked_until timestamptz,
  -- Version of the policy whose monitoring notice this person accepted last (MON-04).
  notice_version int
);

create table role_holding (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  person_id uuid not null references person,
  role text not null,
  rank text not null check (rank in ('holder', 'deputy')),
  from_at timestamptz not null default now(),
  until_at timestamptz,
  assigned_by uuid,
  ended_by uuid
);
create index role_holding_live on role_holding (school_id, role) where until_at is null;
create unique index role_holding_once on role_holding (school_id, person_id, role) where until_at is null;

create table web_session (
  digest bytea primary key,
  school_id uuid not null references school,
  person_id uuid not null references person,
  csrf text not null,
  address inet not null,
  user_agent text not null default '',
  created_at timestamptz not null,
  seen_at timestamptz not null,
  ends_at timestamptz not null,
  ended_at timestamptz,
  -- The filter knows this person at `address` while the session lives.
  binds_address boolean not null default true
);
create index web_session_person on web_session (school_id, person_id) where ended_at is null;
create index web_session_address on web_session (school_id, address) where ended_at is null;

create table sign_in_attempt (
  id bigint generated always as identity primary key,
  school_id uuid not null references school,
  person_id uuid,
  at timestamptz not null,
  address inet not null,
  via text not null check (via in ('page', 'proxy')),
  outcome text not null check (outcome in ('ok', 'wrong-password', 'must-change', 'locked', 'left', 'no-notice', 'unknown', 'too-many'))
);
create index sign_in_attempt_person on sign_in_attempt (school_id, person_id, at desc);
create index sign_in_attempt_address on sign_in_attempt (school_id, address, at desc);

-- What somebody is about to import, between seeing the preview and confirming it. Deleted by either, or after an hour.
create table import_preview (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  by_person uuid not null references person,
  created_at timestamptz not null,
  file_digest bytea not null,
  rows jsonb not null
);

create table registered_address (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  cidr cidr not null,
  label text not null check (length(label) between 1 and 120),
  -- One of the two: a person's own device, or a profile for everyone there.
  person_id uuid references person,
  profile text,
  check (num_nonnulls(person_id, profile) = 1),
  unique (school_id, cidr)
);

grant select, insert, update on person, credential, role_holding, web_session to gatehouse_app;
grant select, insert on sign_in_attempt to gatehouse_app;
grant select, insert, delete on registered_address, import_preview to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['person', 'credential', 'role_holding', 'web_session', 'sign_in_attempt', 'registered_address'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school()) with check (school_id = gh_school())', t);
  end loop;
end $$;

alter table import_preview enable row level security;
alter table import_preview force row level security;
create policy its_maker on import_preview to gatehouse_app
  using (school_id = gh_school() and (by_person = gh_person() or gh_system()))
  with check (school_id = gh_school() and by_person = gh_person());

-- The one look-up that comes before any context: whose session is this? Whether it is still good is asked inside it.
create function gh_session(token_digest bytea) returns table (school_id uuid, person_id uuid) stable security definer
  language sql set search_path = public
  begin atomic
    select s.school_id, s.person_id from web_session s
    where s.digest = token_digest and s.ended_at is null;
  end;
create policy owner_reads on web_session for select to current_user using (true);
