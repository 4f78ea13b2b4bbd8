-- Changes of the filter: who asked for what and why, who decided, what followed (FCR-01..09, FIL-04, FIL-17, FIL-18).
-- What was asked is fixed when it is asked; what was done is only ever added. Where a change stands is its last step.

create table filter_change (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  reference text not null check (reference ~ '^[A-HJ-NP-Z2-9]{6}$'),
  kind text not null check (kind in ('open', 'block', 'emergency-block', 'only-these', 'bypass-monitoring')),
  requested_by uuid not null references person,
  created_at timestamptz not null,
  topic text not null check (length(topic) <= 200),
  purpose text not null check (length(purpose) <= 2000),
  -- Whom it is for; `scope_value` is the form group, the year or the profile.
  scope_kind text not null check (scope_kind in ('class', 'year', 'profile', 'people', 'everyone')),
  scope_value text check (length(scope_value) <= 120),
  scope_people uuid[] not null default '{}',
  from_at timestamptz,
  until_at timestamptz check (until_at > from_at),
  -- The question from the block page that it answers.
  question_id uuid references site_question,
  unique (school_id, reference)
);

create table filter_change_site (
  change_id uuid not null references filter_change,
  host text not null check (length(host) between 1 and 253),
  school_id uuid not null references school,
  position int not null,
  -- What the filter said of it when it was asked for.
  seen jsonb not null,
  primary key (change_id, host)
);

create table filter_change_step (
  change_id uuid not null references filter_change,
  number int not null,
  school_id uuid not null references school,
  action text not null,
  to_state text not null check (to_state in ('draft', 'asked', 'approved', 'refused', 'to-review', 'lifting', 'withdrawn', 'expired')),
  -- Null: the clock.
  by_person uuid references person,
  at timestamptz not null,
  reason text check (length(reason) between 1 and 2000),
  primary key (change_id, number)
);

-- Site by site: two may be opened and one refused.
create table filter_change_decision (
  change_id uuid not null,
  host text not null,
  school_id uuid not null references school,
  approved boolean not null,
  reason text check (length(reason) between 1 and 500),
  by_person uuid not null references person,
  at timestamptz not null,
  primary key (change_id, host),
  foreign key (change_id, host) references filter_change_site,
  check (approved or reason is not null)
);

-- FIL-17: who looked at a lesson's site, and when. The latest look counts.
create table filter_site_check (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  change_id uuid not null,
  host text not null,
  by_person uuid not null references person,
  at timestamptz not null,
  foreign key (change_id, host) references filter_change_site
);
create index filter_site_check_site on filter_site_check (change_id, host, at desc);

-- What was visited under a change, made when it has ended; counts, no people.
create table filter_change_report (
  change_id uuid primary key references filter_change,
  school_id uuid not null references school,
  made_at timestamptz not null,
  visits jsonb not null
);

-- FIL-18: "this should be closed", by staff, and what was decided.
create table site_report (
  id uuid primary key default uuidv7(),
  school_id uuid not null references school,
  reported_by uuid not null references person,
  at timestamptz not null,
  host text not null check (length(host) between 1 and 253),
  address text not null check (length(address) <= 2000),
  group_name text check (length(group_name) <= 120),
  note text check (length(note) between 1 and 2000),
  decision text check (decision in ('block', 'leave')),
  answer text check (length(answer) between 1 and 2000),
  decided_by uuid references person check (decided_by <> reported_by or decision = 'block'),
  decided_at timestamptz,
  change_id uuid references filter_change,
  check (num_nulls(decision, answer, decided_by, decided_at) in (0, 4))
);
create index site_report_open on site_report (school_id, at) where decided_at is null;

-- From the moment it is asked, what is asked does not change: no later hand can make an approval mean something else.
create function gh_change_is_asked(change uuid) returns boolean stable language sql
  return exists (select 1 from filter_change_step s where s.change_id = change and s.to_state <> 'draft');
create function gh_filter_change_fixed() returns trigger language plpgsql as $$
declare change uuid;
begin
  if tg_table_name = 'filter_change' then
    change := old.id;
  else
    change := case when tg_op = 'DELETE' then old.change_id else new.change_id end;
  end if;
  if gh_change_is_asked(change) then
    raise exception 'what was asked for is fixed' using errcode = 'check_violation';
  end if;
  return case when tg_op = 'DELETE' then old else new end;
end $$;
create trigger fixed before update on filter_change for each row execute function gh_filter_change_fixed();
create trigger fixed before insert or update or delete on filter_change_site for each row execute function gh_filter_change_fixed();

-- FIL-04, FCR-03, FCR-04: whatever program writes it, nobody approves what they asked for, and no opening lacks an end.
create function gh_filter_change_step_sound() returns trigger language plpgsql as $$
declare
  c filter_change;
  first uuid;
begin
  select * into c from filter_change where id = new.change_id;
  first := c.requested_by;
  if new.action in ('keep', 'lift') then
    select s.by_person into first from filter_change_step s
      where s.change_id = c.id and s.to_state in ('to-review', 'lifting') order by s.number desc limit 1;
  end if;
  if (new.action in ('approve', 'keep', 'lift') or c.kind = 'open' and new.to_state = 'approved')
     and (new.by_person is null or new.by_person is not distinct from first) then
    raise exception 'nobody approves what they asked for' using errcode = 'check_violation';
  end if;
  if new.to_state in ('asked', 'approved') and c.kind in ('open', 'only-these', 'bypass-monitoring') and c.until_at is null then
    raise exception 'a change that opens has an end' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on filter_change_step for each row execute function gh_filter_change_step_sound();

create function gh_filter_change_decision_sound() returns trigger language plpgsql as $$
begin
  if new.by_person = (select requested_by from filter_change where id = new.change_id) then
    raise exception 'nobody decides what they asked for' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger sound before insert on filter_change_decision for each row execute function gh_filter_change_decision_sound();

grant select, insert on filter_change, filter_change_step, filter_change_decision, filter_site_check, filter_change_report, site_report to gatehouse_app;
grant update (kind, topic, purpose, scope_kind, scope_value, scope_people, from_at, until_at) on filter_change to gatehouse_app;
grant select, insert, delete on filter_change_site to gatehouse_app;
grant update (decision, answer, decided_by, decided_at, change_id) on site_report to gatehouse_app;

-- Requests name classes and say why: pupils, parents and visitors have no business here, and file none (FCR-01).
create function gh_works_here() returns boolean stable language sql
  return gh_system() or gh_has('{staff,governor}')
    or gh_has('{administrator,ict-manager,filter-approver,dsl,centre-lead,head,coordinator,online-safety-coordinator,lead-governor,chair}');
do $$
declare t text;
begin
  foreach t in array array['filter_change', 'filter_change_site', 'filter_change_step', 'filter_change_decision', 'filter_site_check', 'filter_change_report', 'site_report'] loop
    execute format('alter table %I enable row level security', t);
    execute format('alter table %I force row level security', t);
    execute format('create policy own_school on %I to gatehouse_app using (school_id = gh_school() and (select gh_works_here())) with check (school_id = gh_school() and (select gh_works_here()))', t);
  end loop;
end $$;

-- What somebody did stands under their own name; the clock's steps and reports are the system's.
create policy own_name on filter_change as restrictive for insert to gatehouse_app with check (requested_by = gh_person());
create policy own_name on filter_change_step as restrictive for insert to gatehouse_app
  with check (by_person = gh_person() or (by_person is null and gh_system()));
create policy own_name on filter_change_decision as restrictive for insert to gatehouse_app with check (by_person = gh_person());
create policy own_name on filter_site_check as restrictive for insert to gatehouse_app with check (by_person = gh_person());
create policy own_name on site_report as restrictive for insert to gatehouse_app with check (reported_by = gh_person());
create policy by_the_clock on filter_change_report as restrictive for insert to gatehouse_app with check (gh_system());
