-- Roles with their reasons and acceptance, vacancies, the registers of documents and guidance, and the change of passwords
-- by the school's calendar.

-- Why a role was given or ended, in the words of whoever did it. The ledger keeps a digest of them.
alter table role_holding
  add column given_because text check (length(given_because) between 1 and 500),
  add column ended_because text check (length(ended_because) between 1 and 500);

-- ROL-01: a duty that is handed to somebody is dated, and accepted by them.
create table role_acceptance (
  holding_id uuid primary key references role_holding,
  school_id uuid not null references school,
  person_id uuid not null references person,
  at timestamptz not null
);

-- A role that the policy wants held and too few people hold: one row for as long as that lasts (ROL-03, ROL-09).
create table role_vacancy (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  role text not null,
  rank text not null check (rank in ('holder', 'deputy')),
  noticed_at timestamptz not null,
  told_at timestamptz not null,
  filled_at timestamptz
);
create unique index role_vacancy_open on role_vacancy (school_id, role, rank) where filled_at is null;

-- What the school recorded of a linked document or of guidance (GOV-14..31, K11). The latest entry counts; none is changed.
create table register_entry (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  kind text not null check (kind in ('document', 'reference')),
  item text not null check (length(item) between 1 and 80),
  edition text not null check (length(edition) between 1 and 80),
  -- A web address, or in words where it is kept.
  location text check (length(location) between 1 and 500),
  reviewed_on date not null,
  next_review date not null check (next_review > reviewed_on),
  note text check (length(note) between 1 and 500),
  by_person uuid not null references person,
  at timestamptz not null
);
create index register_entry_latest on register_entry (school_id, kind, item, at desc);

-- CAL-42: all links looked at in one go, and how far it has come.
create table link_check_run (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  started_at timestamptz not null,
  -- Null: begun by the calendar.
  asked_by uuid references person,
  links int not null,
  looked_at int not null default 0,
  broken int not null default 0,
  finished_at timestamptz
);
create unique index link_check_one_at_a_time on link_check_run (school_id) where finished_at is null;

create table link_check (
  run_id uuid not null references link_check_run,
  entry_id uuid not null references register_entry,
  school_id uuid not null references school,
  at timestamptz not null,
  -- sign-in: somebody is there and asks who we are, so nobody could see whether the document is.
  outcome text not null check (outcome in ('ok', 'sign-in', 'broken')),
  status int,
  -- In words, for whoever mends it.
  text text not null,
  primary key (run_id, entry_id)
);
create index link_check_entry on link_check (school_id, entry_id, at desc);

-- IDA-04: a session that began with a password whose time was over opens only the form to change it.
alter table web_session add column must_change boolean not null default false;

grant select, insert on role_acceptance, register_entry, link_check to gatehouse_app;
grant select, insert, update (told_at, filled_at) on role_vacancy to gatehouse_app;
grant select, insert, update (looked_at, broken, finished_at) on link_check_run to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['role_vacancy', 'register_entry', 'link_check_run', 'link_check'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school()) with check (school_id = gh_school())', t);
  end loop;
end $$;

-- Everybody of the school may see that a role was accepted; only its holder accepts it.
alter table role_acceptance enable row level security;
alter table role_acceptance force row level security;
create policy own_school on role_acceptance for select to gatehouse_app using (school_id = gh_school());
create policy own_word on role_acceptance for insert to gatehouse_app
  with check (school_id = gh_school() and person_id = gh_person());
