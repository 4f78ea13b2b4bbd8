-- What every room stands on: the school, the context of a transaction, the ledger, mail, the installation.
-- The application connects as gatehouse_app, which owns nothing; jobs are queued by gatehouse_jobs.

-- The context is set per transaction (platform/db.ts). With none there are no rows.
create function gh_school() returns uuid stable language sql
  return nullif(current_setting('gatehouse.school', true), '')::uuid;
create function gh_person() returns uuid stable language sql
  return nullif(current_setting('gatehouse.person', true), '')::uuid;
create function gh_duties() returns text[] stable language sql
  return string_to_array(coalesce(current_setting('gatehouse.duties', true), ''), ',');
create function gh_has(wanted text[]) returns boolean stable language sql
  return gh_duties() && wanted;
create function gh_system() returns boolean stable language sql
  return gh_duties() && '{system}'::text[];

create table installation (
  singleton boolean primary key default true check (singleton),
  id uuid not null default uuidv7(),
  created_at timestamptz not null default now(),
  -- Digest of the one-time setup link; null once it was used.
  setup_digest bytea,
  signing_private text not null,
  signing_public text not null,
  -- Key of the digests that stand for personal text in the ledger.
  ledger_key bytea not null,
  -- Transaction numbers begin anew when a database is restored into another cluster; each such life is an era.
  era int not null default 1
);
create function gh_era() returns int stable language sql
  return coalesce((select era from installation), 1);

create table school (
  id uuid primary key default uuidv7(),
  slug text not null unique check (slug ~ '^[a-z0-9-]{2,40}$'),
  name text not null check (length(name) between 2 and 120),
  time_zone text not null default 'Europe/London',
  settings jsonb not null default '{}',
  -- Rises whenever something changes that gateways must know.
  snapshot_number bigint not null default 1,
  presence_number bigint not null default 1,
  created_at timestamptz not null default now()
);

create table site (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  name text not null check (length(name) between 1 and 120),
  unique (school_id, name)
);

create table term (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  name text not null,
  starts date not null,
  ends date not null check (ends > starts),
  half_term_starts date,
  half_term_ends date check (half_term_ends >= half_term_starts),
  unique (school_id, name)
);

-- Append-only. `detail` holds ids and codes; personal text stands there only as a keyed digest.
create table ledger_entry (
  id bigint generated always as identity primary key,
  school_id uuid references school,
  at timestamptz(3) not null,
  actor uuid,
  action text not null,
  object_kind text not null,
  object_id text not null,
  detail jsonb not null,
  digest bytea not null,
  -- Commit order: the sealer takes only entries of transactions that can no longer be overtaken.
  era int not null default gh_era(),
  xid xid8 not null default pg_current_xact_id()
);
create index ledger_entry_order on ledger_entry (era, xid, id);
create index ledger_entry_object on ledger_entry (school_id, object_kind, object_id);

create table ledger_seal (
  number bigint primary key,
  at timestamptz(3) not null,
  entries bigint[] not null,
  last_era int not null,
  last_xid xid8 not null,
  last_id bigint not null,
  root bytea not null,
  previous bytea not null,
  seal bytea not null
);

create table mail (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  recipient uuid,
  address text not null,
  subject text not null,
  body text not null,
  about_kind text not null,
  about_id text not null,
  created_at timestamptz not null default now(),
  attempts int not null default 0,
  sent_at timestamptz,
  -- What the mail server said: the proof of delivery (ALR-10).
  response text,
  last_error text
);
create index mail_about on mail (school_id, about_kind, about_id);

grant usage on schema public to gatehouse_app, gatehouse_jobs;
grant select on installation to gatehouse_app;
grant update (setup_digest) on installation to gatehouse_app;
grant select, insert, update on school, site, term to gatehouse_app;
grant delete on term to gatehouse_app;
grant select, insert on ledger_entry, ledger_seal to gatehouse_app;
grant select, insert, update (attempts, sent_at, response, last_error) on mail to gatehouse_app;

alter table school enable row level security;
alter table school force row level security;
create policy own_school on school to gatehouse_app using (id = gh_school()) with check (id = gh_school());

do $$
declare t text;
begin
  foreach t in array array['site', 'term', 'mail'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school()) with check (school_id = gh_school())', t);
  end loop;
end $$;

-- Everybody's commands write entries, nobody's page reads them: they tell of alerts and cases. Entries of the installation
-- itself have no school. The sealer, which works for all, is the only one that reads across.
alter table ledger_entry enable row level security;
alter table ledger_entry force row level security;
create policy own_school on ledger_entry to gatehouse_app
  using (school_id = gh_school() and gh_system() or gh_duties() && '{sealer}'::text[])
  with check (school_id is not distinct from gh_school());
create policy owner_reads on ledger_entry for select to current_user using (true);

-- Which schools there are is not a secret: the sign-in page names them.
create function gh_schools() returns table (id uuid, slug text, name text, time_zone text) stable security definer
  language sql set search_path = public
  begin atomic select s.id, s.slug, s.name, s.time_zone from school s order by s.name; end;
create policy owner_reads on school for select to current_user using (true);

-- Commands queue their jobs in their own transaction.
create function gh_enqueue(task text, payload json, run_at timestamptz default null, job_key text default null) returns void
  security definer language plpgsql set search_path = public as $$
begin
  perform graphile_worker.add_job(task, payload, run_at => run_at, job_key => job_key, max_attempts => 25);
end $$;
revoke execute on function gh_enqueue from public;
grant execute on function gh_enqueue to gatehouse_app;
alter function gh_enqueue owner to gatehouse_jobs;
