-- Activity, its rollups, look-ups of named people, alerts.

-- A day is a partition; retention drops partitions (MON-12).
create table activity (
  school_id uuid not null,
  at timestamptz(3) not null,
  gateway_id uuid not null,
  batch bigint not null,
  line int not null,
  via text not null,
  person_id uuid,
  device_id uuid,
  address inet not null,
  profile text not null,
  host text not null,
  category text,
  outcome text not null,
  rule text not null,
  clause text,
  snapshot bigint not null,
  list text,
  count int not null
) partition by range (at);
-- Short keys: the indexes of the busiest table decide how fast it is written.
create index activity_time on activity (at);
create index activity_person on activity (person_id, at) where person_id is not null;
create index activity_from on activity (gateway_id, batch);
-- The detectors read only what was blocked, around the events of a batch.
create index activity_blocked on activity (at) where outcome = 'block';

-- Rows that a hold keeps after their day was dropped.
create table activity_held (like activity);
create index activity_held_person on activity_held (school_id, person_id, at);

-- One row per delivered batch: a batch that comes twice is taken once. `digest` is SHA-256 of the body as it came, so that
-- a number used again for other lines is noticed; digests of the stored lines stand in the ledger (MON-12).
create table activity_batch (
  gateway_id uuid not null references gateway,
  number bigint not null,
  school_id uuid not null references school,
  received_at timestamptz not null default now(),
  lines int not null,
  first_at timestamptz,
  last_at timestamptz,
  digest bytea not null,
  primary key (gateway_id, number)
);

create table activity_hourly (
  school_id uuid not null references school,
  hour timestamptz not null,
  profile text not null,
  category text not null,
  outcome text not null,
  requests bigint not null,
  primary key (school_id, hour, profile, category, outcome)
);

create table activity_hold (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  person_id uuid not null references person,
  from_at timestamptz not null,
  until_at timestamptz not null,
  reason text not null,
  placed_by uuid,
  released_at timestamptz
);

-- MON-11: looking somebody up needs a reason and is itself recorded.
create table look_up (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  by_person uuid not null references person,
  about_person uuid not null references person,
  reason text not null check (length(reason) between 10 and 500),
  alert_id uuid,
  at timestamptz not null default now(),
  ends_at timestamptz not null
);

create table alert (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  -- Not a running number: a gap in numbers would tell a person that a case about them exists.
  reference text not null,
  subject uuid references person,
  -- Everybody it is kept from, the subject first: they do not see it, are not told, and do not act on it (ALR-10).
  kept_from uuid[] not null default '{}',
  -- Everybody who was told: they see it, whatever role the policy's escalation named.
  told uuid[] not null default '{}',
  detector text not null check (detector in ('grave', 'repeated', 'told', 'health')),
  category text,
  urgency text not null check (urgency in ('urgent', 'soon')),
  raised_at timestamptz(3) not null,
  -- Lines that raised it, kept with the alert so that retention of activity cannot empty it.
  evidence jsonb not null,
  clause text,
  state text not null default 'raised' check (state in ('raised', 'acknowledged', 'in-case', 'closed')),
  -- Step of the policy's escalation that was last told, and when the next is told.
  step int not null default 0,
  due_at timestamptz,
  acknowledged_by uuid references person,
  acknowledged_at timestamptz,
  closed_by uuid references person,
  closed_at timestamptz,
  closing_reason text,
  case_id uuid,
  -- One open alert per detector, person and category; later hits are added to it.
  open_key text,
  hits int not null default 1,
  last_hit_at timestamptz(3) not null,
  unique (school_id, reference),
  check (subject is null or subject = any (kept_from))
);
create unique index alert_open on alert (school_id, open_key) where state = 'raised';
create index alert_state on alert (school_id, state, raised_at desc);

create table alert_notice (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  alert_id uuid not null references alert,
  recipient uuid references person,
  step int not null,
  at timestamptz not null default now(),
  mail_id uuid references mail,
  -- Why nobody was told at this step: no holder, the holder is the subject.
  skipped text
);
create index alert_notice_alert on alert_notice (alert_id);

grant select, insert on activity, activity_batch, look_up, alert_notice to gatehouse_app;
grant select on activity_held to gatehouse_app;
grant select, insert, update on activity_hourly to gatehouse_app;
grant select, insert, update (released_at) on activity_hold to gatehouse_app;
grant select, insert, update (state, step, due_at, acknowledged_by, acknowledged_at, closed_by, closed_at, closing_reason, case_id, hits, last_hit_at, evidence, urgency, told) on alert to gatehouse_app;

-- Who keeps children safe, as SAFEGUARDING_ROLES in src/policy/types.ts.
create function gh_safeguarding() returns boolean stable language sql
  return gh_has('{dsl,centre-lead,head}');

-- MON-11: activity is read by those who keep children safe or run the filter, and by whom a policy may have told of an alert
-- (ESCALATION_ROLES in src/policy/types.ts); for everybody else there is none. As sub-queries these are asked for once a
-- statement, not once a row.
create function gh_reads_activity() returns boolean stable language sql
  return gh_system() or gh_safeguarding()
    or gh_has('{ict-manager,online-safety-coordinator,coordinator,chair,lead-governor}');
do $$
declare t text;
begin
  foreach t in array array['activity', 'activity_held', 'activity_batch', 'activity_hourly', 'activity_hold'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = (select gh_school()) and (select gh_reads_activity())) with check (school_id = (select gh_school()))', t);
  end loop;
end $$;

-- The owner's two functions below work on these tables, and forced row security binds the owner too.
create policy owner_keeps on activity to current_user using (true) with check (true);
create policy owner_keeps on activity_held to current_user using (true);
create policy owner_reads on activity_hold for select to current_user using (true);

-- An alert is for those who keep children safe and for whom the policy names, never for those it is about (ALR-10). The
-- health of the filter is also for those who run it (FIL-20).
alter table alert enable row level security;
alter table alert force row level security;
create policy for_safeguarding on alert to gatehouse_app
  using (school_id = gh_school() and (gh_system() or (
    (gh_safeguarding() or gh_person() = any (told) or (detector = 'health' and gh_has('{ict-manager,administrator}')))
    and not coalesce(gh_person() = any (kept_from), false))))
  with check (school_id = gh_school());
alter table alert_notice enable row level security;
alter table alert_notice force row level security;
create policy with_alert on alert_notice to gatehouse_app
  using (school_id = gh_school() and exists (select 1 from alert a where a.id = alert_id))
  with check (school_id = gh_school());

-- Who looked whom up is for the safeguarding leads and for the one who looked, but never for the one who was looked up,
-- and never more than their alerts: else the list would tell a person that somebody asks about them.
alter table look_up enable row level security;
alter table look_up force row level security;
create policy for_safeguarding on look_up to gatehouse_app
  using (school_id = gh_school() and (gh_system() or (
    (gh_safeguarding() or by_person = gh_person()) and about_person is distinct from gh_person()
    and (alert_id is null or exists (select 1 from alert a where a.id = alert_id)))))
  with check (school_id = gh_school());

-- The application owns no table, so the owner lends it just these two acts.
create function gh_activity_partitions(from_day date, to_day date) returns void security definer
  language plpgsql set search_path = public as $$
declare d date := from_day; name text;
begin
  while d <= to_day loop
    name := 'activity_' || to_char(d, 'YYYYMMDD');
    if to_regclass(name) is null then
      -- Two controls may meet a new day at the same moment.
      perform pg_advisory_xact_lock(hashtext('gatehouse.partitions'));
      -- A query, since to_regclass may still answer from its cache.
      if not exists (select 1 from pg_class c where c.relname = name and c.relnamespace = 'public'::regnamespace) then
        execute format('create table %I partition of activity for values from (%L) to (%L)', name, d::text || ' 00:00:00+00', (d + 1)::text || ' 00:00:00+00');
        execute format('alter table %I enable row level security', name);
        execute format('alter table %I force row level security', name);
        execute format('create policy owner_keeps on %I to current_user using (true)', name);
      end if;
    end if;
    d := d + 1;
  end loop;
end $$;

-- Delete this school's activity from before `day`, save what a hold keeps; a day that is nobody's any more is dropped whole.
-- What a released hold had kept goes too. Returns what was dropped, deleted and newly kept.
create function gh_delete_activity_before(day date) returns table (dropped int, deleted bigint, kept bigint) security definer
  language plpgsql set search_path = public as $$
declare r record; n bigint; others boolean;
begin
  dropped := 0; deleted := 0; kept := 0;
  delete from activity_held a where a.school_id = gh_school() and not exists (
    select 1 from activity_hold h where h.school_id = a.school_id and h.person_id = a.person_id
      and a.at >= h.from_at and a.at < h.until_at and h.released_at is null);
  for r in select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
           where i.inhparent = 'activity'::regclass and to_date(right(c.relname, 8), 'YYYYMMDD') < day order by 1 loop
    execute format($q$insert into activity_held select a.* from %I a where a.school_id = gh_school() and exists (
      select 1 from activity_hold h where h.school_id = a.school_id and h.person_id = a.person_id
        and a.at >= h.from_at and a.at < h.until_at and h.released_at is null)$q$, r.name);
    get diagnostics n = row_count;
    kept := kept + n;
    execute format('select exists (select 1 from %I where school_id <> gh_school())', r.name) into others;
    if others then
      execute format('delete from %I where school_id = gh_school()', r.name);
      get diagnostics n = row_count;
      deleted := deleted + n;
    else
      execute format('select count(*) from %I', r.name) into n;
      execute format('drop table %I', r.name);
      deleted := deleted + n;
      dropped := dropped + 1;
    end if;
  end loop;
  return next;
end $$;
revoke execute on function gh_activity_partitions, gh_delete_activity_before from public;
grant execute on function gh_activity_partitions, gh_delete_activity_before to gatehouse_app;
