-- Lists from the web: how they are fetched and proven, every version that came, and the slots for illegal content.

alter table list_source
  -- Asked in this order when the first address fails.
  add column mirrors text[] not null default '{}',
  add column every_hours int not null default 24 check (every_hours between 1 and 168),
  add column max_age_hours int not null default 48 check (max_age_hours between 1 and 720),
  -- 'beside': the publisher keeps it at <address>.sha256; otherwise the value itself.
  add column checksum text check (checksum = 'beside' or checksum ~ '^[0-9a-f]{64}$'),
  -- A public key of minisign; the signature stands at <address>.minisig.
  add column public_key text check (length(public_key) = 56),
  -- Null: as soon as may be.
  add column next_check_at timestamptz,
  -- FIL-03: since when people know that it is too old; null while it is fresh.
  add column stale_since timestamptz;

create table list_source_version (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  source_id uuid not null references list_source,
  -- SHA-256 of the bytes as they came; the file has this name.
  digest text not null check (digest ~ '^[0-9a-f]{64}$'),
  bytes bigint not null,
  -- How many names, by the source's own word for their category.
  entries jsonb not null,
  from_url text not null,
  etag text,
  last_modified text,
  fetched_at timestamptz not null,
  state text not null check (state in ('held', 'in-use', 'superseded', 'refused')),
  -- Why it is held or was refused.
  reason text,
  decided_by uuid references person,
  decided_at timestamptz,
  unique (source_id, digest)
);
create unique index list_source_version_in_use on list_source_version (source_id) where state = 'in-use';
create index list_source_version_newest on list_source_version (source_id, fetched_at desc);

-- FIL-02: what is known about a feed of illegal content, and nothing of what stands in it. There is no column to switch it
-- off, and nobody may delete its row.
create table list_slot (
  school_id uuid not null references school,
  slot text not null check (slot in ('iwf', 'ctiru')),
  entries bigint not null default 0,
  etag text,
  last_modified text,
  -- When the feed was last part of a compilation, and when it was last known to be the newest.
  loaded_at timestamptz,
  checked_at timestamptz,
  next_check_at timestamptz,
  -- Since when the feed has been far smaller than it was.
  shrunk_since timestamptz,
  last_error text,
  stale_since timestamptz,
  primary key (school_id, slot)
);

grant select, insert, update (fetched_at, from_url, etag, last_modified, state, reason, decided_by, decided_at)
  on list_source_version to gatehouse_app;
grant select, insert, update on list_slot to gatehouse_app;

do $$
declare t text;
begin
  foreach t in array array['list_source_version', 'list_slot'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school()) with check (school_id = gh_school())', t);
  end loop;
end $$;
