-- List sources, compiled indexes, gateways, questions about blocked sites.

create table list_source (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  -- Which section of lists/mapping.json reads its category names.
  name text not null check (name ~ '^[a-z0-9-]{1,40}$'),
  location text not null,
  kind text not null check (kind in ('folder', 'archive', 'file', 'url')),
  -- For lists without categories of their own.
  category text,
  -- The starter lists, the one in GATEHOUSE_LISTS, or added by people in the pages.
  origin text not null default 'people' check (origin in ('starter', 'environment', 'people')),
  enabled boolean not null default true,
  added_by uuid,
  added_at timestamptz not null default now(),
  checked_at timestamptz,
  last_error text,
  unique (school_id, name)
);

create table list_version (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  -- SHA-256 (hex) of the index file.
  sha256 text not null,
  built_at timestamptz not null,
  domains bigint not null,
  urls bigint not null,
  report jsonb not null,
  unique (school_id, sha256)
);

-- How the compiling of a school's lists stands, for the page that watches it.
create table list_build (
  school_id uuid primary key references school,
  state text not null check (state in ('waiting', 'running', 'done', 'failed')),
  since timestamptz not null,
  -- The list that was read last, and how many names have been taken so far.
  list text,
  names bigint not null default 0,
  error text
);

create table gateway (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  name text not null,
  token_digest bytea not null unique,
  enrolled_at timestamptz not null default now(),
  seen_at timestamptz,
  -- What it last reported: snapshot, index, spool, versions.
  status jsonb not null default '{}',
  unique (school_id, name)
);

-- "Please look at this site": from the block page (FIL-19), answered by people.
create table site_question (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  asked_by uuid references person,
  asked_at timestamptz not null default now(),
  host text not null check (length(host) between 1 and 253),
  reason text not null check (length(reason) between 1 and 2000),
  because jsonb not null,
  answered_by uuid references person,
  answered_at timestamptz,
  answer text
);
create index site_question_open on site_question (school_id, asked_at) where answered_at is null;

grant select, insert, update on list_source, list_build, gateway to gatehouse_app;
grant select, insert, update (built_at) on list_version to gatehouse_app;
grant select, insert, update (answered_by, answered_at, answer) on site_question to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['list_source', 'list_version', 'list_build', 'gateway', 'site_question'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school()) with check (school_id = gh_school())', t);
  end loop;
end $$;

-- A gateway shows its token before any context is known.
create function gh_gateway(token bytea) returns table (id uuid, school_id uuid) stable security definer
  language sql set search_path = public
  begin atomic select g.id, g.school_id from gateway g where g.token_digest = token; end;
create policy owner_reads on gateway for select to current_user using (true);
